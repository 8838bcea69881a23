import type { Finding, SourceFile } from './source-file.ts'

export const FILE_LINES_MAX = 500
export const TEST_LINES_MAX = 600
export const LINE_COLUMNS_MAX = 100

/** Tables with one row a thing are as long as there are things. */
const tables = new Set(['packages/core/src/openwire/schema.ts'])

/** Code that is too long to be about one thing. */
export function checkFileLengths(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => file.isCode && !tables.has(file.path))
    .flatMap((file) => {
      const isTest = /(^|\/)test\//.test(file.path) || file.isTest
      const most = isTest ? TEST_LINES_MAX : FILE_LINES_MAX
      // The last line ends with a line feed, after which there is nothing.
      const count = file.lines.length - 1
      if (count <= most) return []
      const message = `${count} lines, at most ${most}: cut it along its ideas`
      return [{ path: file.path, line: most + 1, message }]
    })
}

/** An address, a quoted text, a literal pattern or a row of a drawn table cannot be broken. */
function isUnbreakable(line: string): boolean {
  if (/^\s*(\/?\*|\/\/|#)/.test(line)) return /https?:\/\/\S{30,}|\|.*\|/.test(line)
  return /(['"`/]).{40,}\1/.test(line)
}

/** Prettier breaks code; comments, texts and other files are ours to break. */
export function checkLineLengths(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path, isCode }) => isCode || /\.(sh|java)$|\/run$/.test(path))
    .flatMap((file) =>
      file.lines.flatMap((line, at) => {
        if (line.length <= LINE_COLUMNS_MAX || isUnbreakable(line)) return []
        const message = `${line.length} columns, at most ${LINE_COLUMNS_MAX}`
        return [{ path: file.path, line: at + 1, message }]
      }),
    )
}

import { posix } from 'node:path'
import type { Finding, SourceFile } from './source-file.ts'

/** Names that say nothing of what is inside. */
const emptyNames =
  /^(utils?|helpers?|common|misc|types?|managers?|shared|lib|index|base|constants)$|(^|-)(utils?|helpers?|manager|impl)$|^(abstract|base)-/

/** Names of folders from the same family. */
const emptyFolders = /^(utils?|helpers?|common|misc|types|lib|shared)$/

function complaintAbout(path: string): string | undefined {
  const folders = posix.dirname(path).split('/')
  const name = posix.basename(path).replace(/(\.test)?\.(tsx?|js|mjs)$/, '')
  // `base` is the folder of domain-free primitives; no file is called so.
  if (emptyNames.test(name)) return `"${name}" says nothing: name the one thing that is inside`
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.config)?$/.test(name)) return 'file names are kebab-case'
  const folder = folders.find((part) => emptyFolders.test(part))
  return folder === undefined ? undefined : `the folder "${folder}" says nothing`
}

export function checkNames(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => file.isCode)
    .flatMap(({ path }) => {
      const message = complaintAbout(path)
      return message === undefined ? [] : [{ path, line: 1, message }]
    })
}

/** A test stands where its source stands: packages/x/test/a/b.test.ts tests packages/x/src/a. */
export function checkMirrors(files: readonly SourceFile[]): Finding[] {
  const folders = new Set(
    files.flatMap(({ path }) => {
      const match = /^packages\/(\w+)\/src\/(?:(.*)\/)?[^/]+$/.exec(path)
      return match === null ? [] : [`${match[1]}/${match[2] ?? ''}`]
    }),
  )
  return files.flatMap(({ path }) => {
    const match = /^packages\/(\w+)\/test\/(?:(.*)\/)?[^/]+\.test\.ts$/.exec(path)
    if (match === null || folders.has(`${match[1]}/${match[2] ?? ''}`)) return []
    const message = `there is no packages/${match[1]}/src/${match[2] ?? ''}: tests mirror sources`
    return [{ path, line: 1, message }]
  })
}

/** Deeper JSON is not indented: its blanks alone would be more than a page can show. */
export const JSON_DEPTH_MAX = 32

const INDENT = '  '
const tokenPattern = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s[\]{},:"]+/g

/**
 * JSON with a line for each value, and each value as it is written: what is read as numbers of
 * JavaScript loses digits of the long ones. null: it is no JSON, not all of it is here, or it is
 * too deep.
 */
export function indentedJson(text: string): string | null {
  if (!isJson(text)) return null
  const lines: string[] = []
  let line = ''
  let depth = 0
  const endLine = (begin: string): void => {
    lines.push(line)
    line = INDENT.repeat(depth) + begin
  }
  let before = ''
  for (const [token] of text.matchAll(tokenPattern)) {
    const isFirst = before === '[' || before === '{'
    const isEnd = token === ']' || token === '}'
    if (isEnd) depth--
    // What is empty stays on its line.
    if (before === ',' || isEnd !== isFirst) endLine(token)
    else line += before === ':' ? ` ${token}` : token
    if (token === '[' || token === '{') depth++
    if (depth > JSON_DEPTH_MAX) return null
    before = token
  }
  return [...lines, line].join('\n')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What a person sees: the escape sequences of `LiveArea` carried out. */
export function screenOf(written: string): string[] {
  const lines = ['']
  let row = 0
  for (const [part] of written.matchAll(/\u001b\[\??\d*[A-Za-z]|[^\u001b\n\r]+|\n|\r/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(part)
    if (up !== null) row -= Number(up[1])
    else if (part === '\u001b[J') lines.splice(row, Infinity, '')
    else if (part === '\n') {
      row++
      lines[row] ??= ''
    } else if (!part.startsWith('\u001b') && part !== '\r') lines[row] += part
  }
  return lines
}

import ts from 'typescript'
import type { SourceFile } from '../tidy/source-file.ts'

/** A constant that bounds something: `..._MAX`, `MAX_...`, and bounds of time. */
export interface Limit {
  readonly room: string
  readonly name: string
  /** As written in the code. */
  readonly value: string
  /** What it bounds, from the comment above it. */
  readonly meaning: string
  readonly path: string
}

const named = /(^|_)MAX(_|$)|_TIMEOUT_MS$|_WINDOW_BYTES$|_CACHE_BYTES$|_BYTES_PER_SECOND$|Max$/

const rooms: readonly (readonly [prefix: string, title: string])[] = [
  ['packages/core/src/openwire', 'OpenWire codec'],
  ['packages/broker/src/protocol', 'Connections'],
  ['packages/broker/src/listener', 'Connections'],
  ['packages/broker/src/engine', 'Engine'],
  ['packages/broker/src/store/journal', 'Journal'],
  ['packages/broker/src/compaction', 'Compaction'],
  ['packages/broker/src/store', 'Store'],
  ['packages/broker/src/replication', 'Replication'],
  ['packages/broker/src/coordination', 'Coordination'],
  ['packages/broker/src/config', 'Configuration and management'],
  ['packages/broker/src/management', 'Configuration and management'],
  ['packages/broker/src/inspection', 'Journal tools'],
  ['packages/broker/src/backup', 'Backups'],
  ['packages/broker/src/cli', 'Command line'],
  ['packages/console/src', 'Console'],
  ['packages/core/src', 'Everywhere'],
]

/** Every limit of these files, in their order. */
export function limitsOf(files: readonly SourceFile[]): Limit[] {
  const found: Limit[] = []
  for (const file of files) {
    const room = rooms.find(([prefix]) => file.path.startsWith(prefix))
    if (room === undefined) continue
    for (const statement of file.tree.statements) {
      if (!ts.isVariableStatement(statement)) continue
      const [declaration] = statement.declarationList.declarations
      if (declaration === undefined || !ts.isIdentifier(declaration.name)) continue
      const value = declaration.initializer?.getText(file.tree) ?? ''
      if (!named.test(declaration.name.text) || !/^[\d_(]/.test(value)) continue
      found.push({
        room: room[1],
        name: declaration.name.text,
        value,
        meaning: commentAbove(statement, file),
        path: file.path,
      })
    }
  }
  return found
}

function commentAbove(statement: ts.Node, file: SourceFile): string {
  const text = file.tree.text
  const comments = ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []
  const last = comments.at(-1)
  if (last === undefined) return ''
  return text
    .slice(last.pos, last.end)
    .replace(/^\/\*\*?|\*\/$|^\/\//g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim()
}

/** docs/internals/limits.md. */
export function limitsPage(limits: readonly Limit[]): string {
  const lines = [
    '# Limits',
    '',
    '<!-- Generated from the constants in the code by scripts/generate-reference.ts. -->',
    '',
    'Every queue, buffer, table, window and retry has a bound, and this is the list, with what the',
    'comment beside it in the code says. Options that move a bound are in',
    '[the configuration reference](../reference/configuration.md).',
  ]
  for (const title of new Set(rooms.map(([, name]) => name))) {
    const rows = limits.filter(({ room }) => room === title)
    if (rows.length === 0) continue
    lines.push('', `## ${title}`, '', '| limit | value | what it bounds |', '| --- | --- | --- |')
    for (const { name, value, meaning } of rows) {
      lines.push(`| \`${name}\` | \`${value}\` | ${meaning} |`)
    }
  }
  return [...lines, ''].join('\n')
}

import { errorTable } from '../../packages/core/src/base/errors.ts'

const introduction = `# Errors

<!-- Generated from packages/core/src/base/errors.ts by scripts/generate-reference.ts. -->

Everything that goes wrong has one of these codes, in logs, in answers to clients and as the exit
code of the \`quorate\` command.

- **Kind** says where to look: \`caller\` (the request), \`protocol\` (the other end of the wire),
  \`security\`, \`resource\` (a limit), \`storage\` (the disk), \`cluster\` (other brokers, coordination),
  \`internal\` (a bug of ours).
- **Ends** is what is over with it: the operation, the session, the connection, the destination, or
  the whole broker.
- **Again** says whether trying again helps: no, with the same broker later, or with another broker,
  which is what \`failover:\` does by itself.
- **Exception** is what an OpenWire client is given.
`

const exitCodes = `## Exit codes

| code | meaning                                                                 |
| ---- | ----------------------------------------------------------------------- |
| 0    | done                                                                    |
| 1    | a bug of ours, or a peer that speaks no protocol of ours                |
| 2    | the command line or the configuration is not valid                      |
| 3    | not allowed                                                             |
| 4    | no such thing                                                           |
| 5    | not available now: no leader, no quorum, no disk, no answer in time     |
| 6    | in use: a port, a data directory, a name                                |
| 7    | what is on disk is damaged, or of an unknown version                    |
| 8    | quorate doctor found what keeps a broker from its work              |
| 130  | ended by Ctrl-C before it was done                                      |
`

/** docs/reference/errors.md, before prettier. */
export function errorsPage(): string {
  const head = ['code', 'meaning', 'kind', 'ends', 'again', 'exception', 'exit']
  const rows = Object.entries(errorTable).map(([code, row]) => [
    `\`${code}\``,
    row.meaning,
    row.kind,
    row.scope,
    row.retryable === 'no' ? 'no' : `${row.retryable} broker`,
    `\`${row.javaClass}\``,
    String(row.exitCode),
  ])
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return [introduction, '## Codes', lines.join('\n'), exitCodes].join('\n\n')
}

import type { Command, Option } from 'commander'
import { isSettingName } from '../../packages/broker/src/config/broker-settings.ts'
import { buildProgram } from '../../packages/broker/src/cli/program.ts'
import { processTerminal } from '../../packages/broker/src/cli/terminal.ts'

const introduction = `# The \`quorate\` command

<!-- Generated from packages/broker/src/cli/program.ts by scripts/generate-reference.ts. -->

In a clone of the repository \`npx quorate\` runs it, after \`npm start\` or \`npm run build\`.

Results go to standard output and everything else to standard error. With \`--json\` the results are
JSON. A word that is not known is answered with the nearest one that is. Exit codes are those of the
[error table](errors.md#exit-codes).

The commands for daily work are shown on [a page of their own](../command-line.md).
`

const notes: Readonly<Record<string, string>> = {
  up: `Each broker is a process of its own with a folder of its own: its configuration, its log
\`broker.log\` and its data are in \`data/node01\` and so on. The embedded coordination is a process as
well, unless \`--zookeeper\` names another. On a terminal a table shows the brokers as they are, and
what changes scrolls by above it; elsewhere each change is a line.

A broker that dies is started again after three seconds, so that there is time to see another take
over; with \`--no-restart\` it stays down until \`quorate start node02\`. One that was stopped by
\`quorate stop node02\` stays down as well. Ctrl-C stops the followers, then the leader, then the
coordination; a second Ctrl-C kills what is left.

A configuration that you edited is yours once you remove its first line. The number of brokers is
fixed by the first start.

Every [setting](configuration.md) that is given as a \`QUORATE_*\` variable goes to all brokers, but
for those that make them different or that a switch of this command decides: a line says so then.`,
  start: `\`quorate start node02\` starts a broker that \`quorate up\` made, from its folder
below \`data\`; \`quorate start conf/activemq.xml\`, or with ActiveMQ's words
\`quorate start xbean:activemq.xml\`, one from
[a file of ActiveMQ](../configuration-activemq-xml.md).
Every [setting](configuration.md) is a flag as well.

The command \`activemq\` is there too: \`activemq start\`, in the background, \`activemq console\`, in
the foreground, \`activemq stop\` and \`activemq status\`, each with \`xbean:activemq.xml\` when nothing
else is said.`,
  'config check': `Nothing is started or written. With \`--json\`: \`{file, isValid, brokerName, nodeId,
settings, accepted, unsupported, warnings, consoleUsers}\`, or \`{file, isValid, problems, unsupported}\`.`,
  'config convert': `The result belongs into the folder of the file that it is made of. It says what
that file says, and what the other kind of file would default to otherwise. Secrets that stand in
property files stay there. With \`--json\`: \`{file, format, text, notes}\`.`,
  doctor: `What is looked at, and what each line means, is on the page about the
[doctor](../doctor.md). Every [setting](configuration.md) is a flag as well.`,
  stop: `A running \`quorate up\` is asked to stop everything; otherwise brokers are found by the
pid files in their folders and stopped one after the other, a leader last. A pid file of a process
that is no more is never mistaken for another process that has its number.`,
  status: `Asks the brokers below \`data\`, else those on ports 8161 to 8163, and through any that
answers all the others. With \`--json\`:
\`{leader, epoch, nodes: [{nodeId, consoleUrl, problem, status}]}\`, where \`status\` is what
\`/api/v1/status\` of that broker says.`,
  'journal verify': `Nothing is written, and a broker may run on the directory: what it writes
meanwhile is no damage. What the output means, and what the exit code counts, is on the page about
the [journal tools](../journal-tools.md).`,
  'journal dump': `Without \`--names\` a dump that begins later in the first segment calls queues
and producers by their numbers where their introduction was not read. Bodies may hold anything: look
before you send a dump to somebody.`,
  'journal why': `Takes the memory of a broker with the same messages waiting. With \`--json\`:
\`{appliedIndex, logStart, segments: [{file, firstIndex, lastIndex, bytes, messages, livingBytes,
livingShare, holders, moreHolders, isReleased}]}\`.`,
  coordination: `Speaks ZooKeeper's protocol and keeps its nodes on disk. One process for
development, tests and single machines; a production cluster deserves an Apache ZooKeeper
ensemble.`,
}

function optionLine(option: Option): string {
  const { flags, description } = option
  const fallback = defaultOf(option)
  const isTold = description.includes('(default') || fallback === ''
  return `- \`${flags}\` ${description}${isTold ? '' : ` (default: ${fallback})`}`
}

/** '' for switches and options that need none. */
function defaultOf({ defaultValueDescription, defaultValue }: Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription
  const value: unknown = defaultValue
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function usageOf(command: Command, parents: readonly string[]): string {
  return ['quorate', ...parents, command.name(), command.usage()].join(' ')
}

function section(command: Command, parents: readonly string[]): string {
  if (command.commands.length > 0) {
    const names = [...parents, command.name()]
    return command.commands.map((child) => section(child, names)).join('\n\n')
  }
  // The settings of a broker have a page of their own.
  const isElsewhere = (option: Option): boolean =>
    ['start', 'doctor'].includes(command.name()) && isSettingName(option.attributeName())
  const options = command.options.filter((option) => !option.hidden && !isElsewhere(option))
  const words = command.registeredArguments.map(
    (argument) => `- \`${argument.name()}\` ${argument.description}`,
  )
  return [
    `## \`${['quorate', ...parents, command.name()].join(' ')}\``,
    command.description(),
    `\`\`\`\n${usageOf(command, parents)}\n\`\`\``,
    [...words, ...options.map(optionLine)].join('\n'),
    notes[[...parents, command.name()].join(' ')] ?? '',
  ].join('\n\n')
}

/** docs/reference/cli.md, before prettier. */
export function cliPage(): string {
  const line = { terminal: processTerminal(), args: [], version: '' }
  const program = buildProgram(line, { exitCode: 0 })
  return [introduction, ...program.commands.map((command) => section(command, []))].join('\n\n')
}

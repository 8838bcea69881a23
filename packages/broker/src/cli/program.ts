import { BrokerError } from '@quorate/core/base/errors'
import { Command, CommanderError, Option } from 'commander'
import { isSettingName, variableOf } from '../config/broker-settings.ts'
import { addDefinitions, addIgnoreUnsupported } from './activemq-flags.ts'
import type { ActivemqFlags } from './activemq-flags.ts'
import type { DumpCommand } from './commands/journal-dump.ts'
import { addCompletion } from './completion/completion-command.ts'
import { addConfig } from './config-commands.ts'
import { addDoctor } from './doctor-command.ts'
import { configurationFile, isConfigurationFile } from './configuration-file.ts'
import { addDailyCommands } from './daily/daily-commands.ts'
import { EXIT_OK, EXIT_USAGE, reportError } from './exit-code.ts'
import { addOpenWireCommands } from './openwire/openwire-commands.ts'
import { collect, portOffset, recordNumber, timeoutOption, wholeNumber } from './option-values.ts'
import { addSettingFlags } from './setting-flags.ts'
import { addStatusFlags } from './status-flags.ts'
import type { StatusFlags } from './status-flags.ts'
import type { Terminal } from './terminal.ts'

/** Command line of `quorate`: what there is, and which module does it. */
export interface CommandLine {
  readonly terminal: Terminal
  /** Without node and script. */
  readonly args: readonly string[]
  readonly version: string
}

/** Parses the arguments, runs the command and returns the exit code. Never throws. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  const outcome = { exitCode: EXIT_OK }
  const program = buildProgram(line, outcome)
  try {
    await program.parseAsync([...line.args], { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, line.terminal)
    // Help and version are no errors; everything else that commander refuses is one of usage.
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE
  }
}

/** Where a command leaves its exit code. */
export interface Outcome {
  exitCode: number
}

/** The whole tree of commands; also read by the test of docs/reference/cli.md. */
export function buildProgram(line: CommandLine, outcome: Outcome): Command {
  const program = new Command('quorate')
  program
    .description('A highly available message broker, drop-in for ActiveMQ.')
    .version(line.version, '-V, --version')
    .showSuggestionAfterError(true)
    // -V and the like belong to the command that they follow.
    .enablePositionalOptions()
    .showHelpAfterError('(quorate help COMMAND says more)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => line.terminal.out(text),
      writeErr: (text) => line.terminal.err(text),
    })
  addUp(program, line, outcome)
  addStart(program, line, outcome)
  addStop(program, line, outcome)
  addStatus(program, line, outcome)
  addOpenWireCommands(program, line, outcome)
  addDailyCommands(program, line, outcome)
  addConfig(program, line, outcome)
  addDoctor(program, line, outcome)
  addZk(program, line, outcome)
  addJournal(program, line, outcome)
  addBackup(program, line, outcome)
  addRestore(program, line, outcome)
  addCoordination(program, line, outcome)
  addCompletion(program, line, outcome)
  return program
}

const configHelp = 'configuration (default: quorate.yaml, if there is one)'
const dataHelp = 'folder that holds the folders of the brokers (default: data)'

interface UpFlags {
  readonly data?: string
  readonly zookeeper?: string
  readonly sync?: string
  readonly replicas?: number
  readonly portOffset: number | 'auto'
  readonly restart: boolean
  readonly json: boolean
}

function addUp(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  program
    .command('up')
    .description('Run a cluster on this machine until interrupted.')
    .option('--data <folder>', dataHelp)
    .option('--zookeeper <servers>', 'host:port,... of a ZooKeeper to use instead of our own')
    .option('--sync <words>', 'what a confirmation promises (default: quorum_disk)')
    .addOption(
      new Option('--replicas <n>', 'brokers in the cluster: 1, 3 or 5 (default: 3)').argParser(
        wholeNumber,
      ),
    )
    .addOption(
      new Option('--port-offset <n>', 'shift all ports; auto takes the first that are free')
        .argParser(portOffset)
        .default(0),
    )
    .option('--no-restart', 'leave a broker that died alone')
    .option('--json', 'one JSON object a line for each change', false)
    .action(async (flags: UpFlags) => {
      const { up } = await import('./commands/up.ts')
      outcome.exitCode = await up(flags, terminal)
    })
}

interface StartFlags extends ActivemqFlags {
  readonly config?: string
  readonly data?: string
  readonly daemon?: boolean
  readonly stopWithParent?: boolean
  readonly ignoreUnsupported: boolean
}

/** What a word names after `start`: a file of settings, or else a node. */
function sourceOf(word: string | undefined, config: string | undefined) {
  if (word === undefined || !isConfigurationFile(word)) {
    return { node: word, config: config === undefined ? undefined : configurationFile(config) }
  }
  if (config !== undefined) {
    throw new BrokerError('INVALID_ARGUMENT', `give ${word} or --config, not both`)
  }
  return { config: configurationFile(word) }
}

function addStart(program: Command, { terminal, args }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('start')
    .description(
      'Run one broker until interrupted. Flags win over QUORATE_* variables ' +
        `(${variableOf('zkAddress')} is --zk-address), those over the file, that over defaults.`,
    )
    .argument(
      '[source]',
      'a configuration, such as conf/activemq.xml, or a broker of `quorate up`, such as node02',
    )
    .option('-c, --config <file>', configHelp)
    .option('--data <folder>', `with a node: ${dataHelp}`)
    .option('--daemon', 'run in the background')
    .addOption(new Option('--stop-with-parent', 'stop when standard input ends').hideHelp())
  addDefinitions(addIgnoreUnsupported(command))
  addSettingFlags(command)
  command.action(async (word: string | undefined, flags: StartFlags) => {
    const { start } = await import('./commands/start.ts')
    const settings = Object.entries(flags).filter(([name]) => isSettingName(name))
    outcome.exitCode = await start(
      {
        ...sourceOf(word, flags.config),
        data: flags.data,
        ignoreUnsupported: flags.ignoreUnsupported,
        defined: flags.define,
        daemon: flags.daemon === true ? args.filter((word) => word !== '--daemon') : undefined,
        stopWithParent: flags.stopWithParent,
        settings: Object.fromEntries(settings.map(([name, value]) => [name, String(value)])),
      },
      terminal,
    )
  })
}

interface StopFlags extends ActivemqFlags {
  readonly data?: string
  readonly config: readonly string[]
  readonly timeout: number
  readonly force: boolean
}

function addStop(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  addDefinitions(program.command('stop'))
    .description('Stop brokers of this machine cleanly and wait until they have ended.')
    .argument('[node]', 'only this broker, such as node02')
    .option('--data <folder>', dataHelp)
    .option('-c, --config <file>', 'stop the broker of it; may be repeated', collect, [])
    .addOption(timeoutOption('how long each may take', '20s'))
    .option('--force', 'kill what has not stopped by then', false)
    .action(async (node: string | undefined, flags: StopFlags) => {
      const { stop } = await import('./commands/stop.ts')
      const { timeout, define, config } = flags
      const source = { configs: config.map((word) => configurationFile(word)), defined: define }
      outcome.exitCode = await stop({ node, ...flags, ...source, timeoutMs: timeout }, terminal)
    })
}

interface NodeStatusFlags extends StatusFlags, ActivemqFlags {
  readonly data?: string
  readonly config: readonly string[]
}

function addStatus(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  addDefinitions(addStatusFlags(program.command('status')))
    .description('Show roles, epochs and positions. Exits with 5 when the cluster has no leader.')
    .option('--data <folder>', dataHelp)
    .option('-c, --config <file>', 'ask the broker of it; may be repeated', collect, [])
    .action(async ({ url, timeout, define, config, ...flags }: NodeStatusFlags) => {
      const { status } = await import('./commands/status.ts')
      const source = { configs: config.map((word) => configurationFile(word)), defined: define }
      outcome.exitCode = await status(
        { ...flags, ...source, urls: url, timeoutMs: timeout },
        terminal,
      )
    })
}

interface ZkFlags {
  readonly zookeeper: string
  readonly password?: string
  readonly timeout: number
  readonly json: boolean
}

function addZk(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const zk = program.command('zk').description('Look at what the brokers keep in ZooKeeper.')
  const reads = [
    ['ls', 'List the children of a node with what they hold.'],
    ['get', 'Print what a node holds.'],
  ] as const
  for (const [name, description] of reads) {
    zk.command(name)
      .description(description)
      .argument('<path>', 'such as /activemq/leveldb-stores')
      .option('--zookeeper <servers>', 'host:port,...', '127.0.0.1:2181')
      .option('--password <text>', 'zkPassword of the brokers (or QUORATE_ZK_PASSWORD)')
      .addOption(timeoutOption('how long to wait', '5s'))
      .option('--json', 'print JSON', false)
      .action(async (path: string, { zookeeper, timeout, ...flags }: ZkFlags) => {
        const { zkGet, zkList } = await import('./commands/zk.ts')
        const password = flags.password ?? process.env.QUORATE_ZK_PASSWORD ?? ''
        const request = { ...flags, password, path, servers: zookeeper, timeoutMs: timeout }
        outcome.exitCode = await (name === 'ls' ? zkList : zkGet)(request, terminal)
      })
  }
}

function addJournal(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const journal = program
    .command('journal')
    .description('Look at the log in a data directory, of a stopped broker or a running one.')
  const directory = 'data directory of a broker, such as data/node01'
  journal
    .command('verify')
    .description(
      'Read everything and say what is wrong, and where. Several directories are compared. Exits ' +
        'with 7 unless all is well.',
    )
    .argument('<directories...>', directory)
    .option('--index', 'compare the index with the log, in a temporary copy', false)
    .option('--json', 'print one JSON object', false)
    .action(async (directories: string[], flags: { index: boolean; json: boolean }) => {
      const { journalVerify } = await import('./commands/journal-verify.ts')
      outcome.exitCode = await journalVerify({ directories, ...flags }, terminal)
    })
  const record = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(recordNumber)
  journal
    .command('dump')
    .description('Print one line for each record.')
    .argument('<directory>', directory)
    .addOption(record('--from <index>', 'the first record (default: 1)'))
    .addOption(record('--to <index>', 'the last record'))
    .addOption(record('--limit <n>', 'so many records at most'))
    .option('--bodies', 'show how bodies begin: 80 bytes, what is printable', false)
    .option('--names', 'with --from: read what is before, where names are introduced', false)
    .option('--json', 'print one JSON object a line', false)
    .action(async (path: string, flags: Omit<DumpCommand, 'directory'>) => {
      const { journalDump } = await import('./commands/journal-dump.ts')
      outcome.exitCode = await journalDump({ directory: path, ...flags }, terminal)
    })
  journal
    .command('why')
    .description(
      'Say what keeps each segment: the queues and durable subscriptions with messages in it.',
    )
    .argument('<directory>', directory)
    .option('--json', 'print JSON', false)
    .action(async (path: string, flags: { json: boolean }) => {
      const { journalWhy } = await import('./commands/journal-why.ts')
      outcome.exitCode = await journalWhy({ directory: path, ...flags }, terminal)
    })
}

interface BackupFlags {
  readonly to: string
  readonly url?: string
  readonly link: boolean
  readonly timeout: number
  readonly json: boolean
}

function addBackup(program: Command, { terminal, version }: CommandLine, outcome: Outcome): void {
  program
    .command('backup')
    .description(
      'Copy what is committed, of a running broker or a stopped one, and verify every record of it.',
    )
    .argument('[directory]', 'data directory of a broker, such as data/node01')
    .requiredOption('--to <folder>', 'the backup: a new folder, or an empty one')
    .option('--url <url>', 'HTTP API of the broker (default: what its data directory says)')
    .option('--link', 'share full segments with the broker by hard links, where possible', false)
    .addOption(timeoutOption('how long to wait for a broker', '10s'))
    .option('--json', 'print one JSON object', false)
    .action(async (directory: string | undefined, { timeout, ...flags }: BackupFlags) => {
      const { backup } = await import('./commands/backup.ts')
      const command = { ...flags, directory, timeoutMs: timeout, version }
      outcome.exitCode = await backup(command, terminal)
    })
}

interface RestoreFlags {
  readonly to: string
  readonly node?: string
  readonly json: boolean
}

function addRestore(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  program
    .command('restore')
    .description('Make a data directory out of a backup, with which a new cluster begins.')
    .argument('<backup>', 'folder that quorate backup made')
    .requiredOption('--to <folder>', 'the data directory: a new folder, or an empty one')
    .option('--node <name>', 'nodeId of the broker it is for (default: that of the backup)')
    .option('--json', 'print one JSON object', false)
    .action(async (path: string, flags: RestoreFlags) => {
      const { restore } = await import('./commands/restore.ts')
      outcome.exitCode = await restore({ backup: path, ...flags }, terminal)
    })
}

interface CoordinationFlags {
  readonly bind: string
  readonly directory: string
  readonly stopWithParent?: boolean
}

function addCoordination(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  program
    .command('coordination')
    .description(
      'Run the embedded coordination server, in place of a ZooKeeper, until interrupted.',
    )
    .option('--bind <uri>', 'where to listen', 'tcp://127.0.0.1:2181')
    .option('--directory <folder>', 'where it keeps its nodes', 'data/coordination')
    .addOption(new Option('--stop-with-parent', 'stop when standard input ends').hideHelp())
    .action(async ({ stopWithParent = false, ...flags }: CoordinationFlags) => {
      const { coordination } = await import('./commands/coordination.ts')
      outcome.exitCode = await coordination({ ...flags, stopWithParent }, terminal)
    })
}

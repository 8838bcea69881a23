import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compileJava, sharedJava } from '../../../test/support/java.ts'
import type { Blow, Contender, GeneratorCommand, RunningContender } from './contender.ts'
import type { LoadTask } from '../load/load-task.ts'
import { RabbitmqCluster } from './rabbitmq-cluster.ts'
import { installedRabbitmq, rabbitmqJars, rabbitmqMissing } from './rabbitmq-installation.ts'
import { queueOf, wordsOf } from './rabbitmq-words.ts'

const run = promisify(execFile)

const generatorSources = fileURLToPath(new URL('../load/java-rabbitmq', import.meta.url))

/**
 * Three nodes of Debian's RabbitMQ on this machine, one cluster, no plugins, and quorum queues of
 * three replicas. A node is told names, ports and folders (rabbitmq-node.ts); all settings are as
 * they come: flow control, the log (`raft.wal_*`), memory and Erlang's flags. One of those binds
 * schedulers to cores (`+stbt db`), of which Erlang's manual warns where runtimes share a machine;
 * unbound ones (`u`) were tried and were no faster.
 *
 * In its favour:
 *
 * - The load is Java on RabbitMQ's own client with blocking I/O. In trials it took less processor
 *   time than its NIO (5.0.0) in most tasks, and that one broke off where frames came in parts.
 * - Every connection goes to the node that leads the queue, so that no message passes through a
 *   third one. Leaders of many queues are all there: the cores are the same wherever they are.
 * - A channel that sends to many queues has sent one message to each before the warm-up: the first
 *   one waits until the queue's log has the channel.
 * - Topics are a fanout exchange with an exclusive classic queue for each subscriber, who need not
 *   acknowledge; nothing of them is on a disk, and a confirmation says that the queues have it.
 * - The probe tries node after node at once; the client's own recovery waits 5 s before it does. It
 *   opens another channel when a send is refused, because one that was opened while the queue had
 *   no leader goes on asking the dead one (3.10.8).
 *
 * Not the same as elsewhere: `tx.commit` is answered when a quorum has all messages of the
 * transaction, but they are not atomic. AMQP confirms no acknowledgement; cancelling the consumer,
 * which to a quorum queue is a command of its log, stands for it.
 */
export const rabbitmq: Contender = {
  name: 'rabbitmq',
  title: `${['RabbitMQ', installedRabbitmq()?.version].join(' ').trim()}, 3 nodes, quorum queue`,
  promise: 'two of three nodes have it in their log on disk (fdatasync)',
  cannot: {},
  missing: rabbitmqMissing,
  async start(directory) {
    const installation = installedRabbitmq()
    if (installation === null) throw new Error('RabbitMQ is not installed')
    const classPath = await compileJava([generatorSources, sharedJava], rabbitmqJars)
    const cluster = await RabbitmqCluster.start(installation.scripts, directory)
    return new RunningRabbitmq(installation.version, cluster, classPath)
  },
}

class RunningRabbitmq implements RunningContender {
  readonly version: string
  readonly #cluster: RabbitmqCluster
  readonly #classPath: string
  /** Whose members have to be in step before the next blow. */
  #struckQueue: string | null = null

  constructor(version: string, cluster: RabbitmqCluster, classPath: string) {
    this.version = version
    this.#cluster = cluster
    this.#classPath = classPath
  }

  pids(): readonly number[] {
    return this.#cluster.pids()
  }

  async generator(task: LoadTask): Promise<GeneratorCommand> {
    return this.#java(wordsOf(task, await this.#cluster.ports(queueOf(task))))
  }

  async remove(queues: readonly string[]): Promise<void> {
    const ports = await this.#cluster.ports(null)
    const { command, args } = this.#java(['--do', 'remove', '--ports', ports.join()])
    const remover = run(command, args)
    remover.child.stdin?.end(queues.join('\n'))
    await remover
  }

  async strikeLeader(queue: string, blow: Blow): Promise<number> {
    this.#struckQueue = queue
    return this.#cluster.strikeLeaderOf(queue, blow)
  }

  async restore(): Promise<void> {
    await this.#cluster.restore(this.#struckQueue)
  }

  async restart(): Promise<number> {
    this.#struckQueue = null
    return this.#cluster.restart()
  }

  stop(): Promise<void> {
    return this.#cluster.stop()
  }

  #java(words: readonly string[]): { command: string; args: string[] } {
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    return { command: 'java', args: [logging, '-cp', this.#classPath, 'RabbitLoad', ...words] }
  }
}

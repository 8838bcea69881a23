import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { clusterEnvironment } from './rabbitmq-node.ts'
import type { ClusterPlace } from './rabbitmq-node.ts'
import { leaderIn, membersIn, runningNodesIn } from './rabbitmq-status.ts'
import type { MemberStatus } from './rabbitmq-status.ts'

const run = promisify(execFile)

const ANSWER_WITHIN_S = 60
const OUTPUT_BYTES = 64 * 1024 * 1024

/** RabbitMQ's command line tools, asking one node. Each question costs a second or two. */
export class RabbitmqTools {
  readonly #place: ClusterPlace
  readonly #node: string

  constructor(place: ClusterPlace, node: string) {
    this.#place = place
    this.#node = node
  }

  /** Null when there is no such queue, or nobody leads it. */
  async leaderOf(queue: string): Promise<string | null> {
    return leaderIn(await this.#ask('rabbitmqctl', ['list_queues', 'name', 'leader']), queue)
  }

  async membersOf(queue: string): Promise<MemberStatus[]> {
    return membersIn(await this.#ask('rabbitmq-queues', ['quorum_status', queue]))
  }

  async runningNodes(): Promise<readonly string[]> {
    return runningNodesIn(await this.#ask('rabbitmqctl', ['cluster_status']))
  }

  async #ask(tool: string, words: readonly string[]): Promise<string> {
    const patience = ['--timeout', String(ANSWER_WITHIN_S)]
    const flags = ['--node', this.#node, '--quiet', '--formatter', 'json', ...patience]
    const { stdout } = await run(join(this.#place.scripts, tool), [...words, ...flags], {
      env: { ...process.env, ...clusterEnvironment(this.#place) },
      maxBuffer: OUTPUT_BYTES,
    })
    return stdout
  }
}

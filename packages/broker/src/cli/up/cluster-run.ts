import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { ChildOptions } from '../child-process.ts'
import type { ChildProcess } from 'node:child_process'
import { leaderOf } from '../cluster-picture.ts'
import type { NodePicture } from '../cluster-picture.ts'
import { ChangeFinder, NOT_ANSWERING } from './cluster-events.ts'
import { writeConfig } from './cluster-files.ts'
import { failoverUri } from './cluster-plan.ts'
import type { ClusterPlan, PlannedCoordination, PlannedNode } from './cluster-plan.ts'
import { SupervisedProcess } from './supervised-process.ts'
import type { ProcessEvent } from './supervised-process.ts'
import type { UpReport } from './up-report.ts'

/** How often each broker is asked. */
export const ASK_EVERY_MS = 250
/** A broker that is slower than this is shown as silent. */
const ASK_TIMEOUT_MS = 1000
/** How long the coordination server may take to answer first. */
const COORDINATION_TIMEOUT_MS = 15_000
const LOOK_EVERY_MS = 50

/** What a running cluster needs from outside. */
export interface RunParts {
  readonly clock: Clock
  readonly report: UpReport
  readonly spawn: (args: readonly string[], options: ChildOptions) => ChildProcess
  readonly ask: (consoleUrl: string, timeoutMs: number) => Promise<NodePicture>
  /** True when something listens on this port. */
  readonly answers: (port: number) => Promise<boolean>
  readonly environment: NodeJS.ProcessEnv
  readonly restart: boolean
}

interface WatchedNode {
  readonly plan: PlannedNode
  readonly process: SupervisedProcess
  picture: NodePicture
  isAsked: boolean
}

/** The cluster of `quorate up` while it runs. */
export class ClusterRun {
  readonly #plan: ClusterPlan
  readonly #parts: RunParts
  readonly #coordination: SupervisedProcess | null
  readonly #nodes: readonly WatchedNode[]
  readonly #changes = new ChangeFinder()
  #asking: Timer | null = null
  #hasServed = false
  #isStopping = false
  #resolveAllDown: (exitCode: number) => void = () => {}
  /** Resolves when every process is down for good, with the exit code that `up` then has. */
  readonly allDown: Promise<number>

  constructor(plan: ClusterPlan, parts: RunParts) {
    this.#plan = plan
    this.#parts = parts
    this.allDown = new Promise((resolve) => (this.#resolveAllDown = resolve))
    const { coordination } = plan
    this.#coordination = coordination === null ? null : this.#superviseCoordination(coordination)
    this.#nodes = plan.nodes.map((node) => ({
      plan: node,
      process: this.#superviseBroker(node),
      picture: this.#silent(node, 'starting'),
      isAsked: false,
    }))
  }

  async start(): Promise<void> {
    if (this.#coordination !== null) await this.#startCoordination(this.#coordination)
    if (this.#isStopping) return
    for (const { process } of this.#nodes) process.start()
    this.#asking = this.#parts.clock.every(ASK_EVERY_MS, () => this.#askAll())
    this.#show()
  }

  /** Followers first, so that nobody elects; the leader, and at last what they coordinate by. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#parts.report.event({ type: 'stopping' })
    const leader = leaderOf(this.#nodes.map(({ picture }) => picture))?.nodeId
    const isLeader = ({ plan }: WatchedNode): boolean => plan.nodeId === leader
    const followers = this.#nodes.filter((node) => !isLeader(node))
    await Promise.all(followers.map(({ process }) => process.stop()))
    await Promise.all(this.#nodes.filter(isLeader).map(({ process }) => process.stop()))
    await this.#coordination?.stop()
    this.#asking?.cancel()
    this.#parts.report.event({ type: 'stopped' })
  }

  kill(): void {
    this.#asking?.cancel()
    for (const { process } of this.#nodes) process.kill()
    this.#coordination?.kill()
  }

  async #startCoordination(coordination: SupervisedProcess): Promise<void> {
    const port = this.#plan.coordination?.port ?? 0
    const deadlineMs = this.#parts.clock.monotonicMs() + COORDINATION_TIMEOUT_MS
    coordination.start()
    while (!(await this.#parts.answers(port))) {
      const isLate = this.#parts.clock.monotonicMs() > deadlineMs
      if (isLate || !(coordination.isRunning || coordination.isWaiting)) {
        throw new BrokerError('COORDINATION_LOST', 'the embedded coordination does not start')
      }
      await new Promise<void>((resolve) => this.#parts.clock.after(LOOK_EVERY_MS, resolve))
    }
  }

  #superviseCoordination({ bind, folder, logPath, pidPath }: PlannedCoordination) {
    const args = ['coordination', '--bind', bind, '--directory', folder, '--stop-with-parent']
    return new SupervisedProcess({
      ...this.#parts,
      name: 'coordination',
      args,
      logPath,
      pidPath,
      prepare: () => {},
      listener: (event) => this.#hear(event),
    })
  }

  #superviseBroker(node: PlannedNode): SupervisedProcess {
    const { nodeId, configPath, logPath, pidPath } = node
    return new SupervisedProcess({
      ...this.#parts,
      name: nodeId,
      args: ['start', '--config', configPath, '--stop-with-parent'],
      logPath,
      pidPath,
      prepare: () => void writeConfig(node),
      listener: (event) => this.#hear(event),
    })
  }

  #hear(event: ProcessEvent): void {
    this.#parts.report.event(event)
    if (event.type !== 'ended') return
    const node = this.#nodes.find(({ plan }) => plan.nodeId === event.name)
    if (node !== undefined) {
      const why = event.restartInMs === null ? 'down' : 'down, starts again'
      node.picture = this.#silent(node.plan, why)
      this.#show()
    }
    const isUp = this.#nodes.some(({ process }) => process.isRunning || process.isWaiting)
    if (!isUp) this.#resolveAllDown(this.#exitCode())
  }

  /** The gravest end of a broker decides; 0 when all stopped in good order. */
  #exitCode(): number {
    return Math.max(...this.#nodes.map(({ process }) => process.lastExitCode ?? 1))
  }

  #askAll(): void {
    for (const node of this.#nodes) if (!node.isAsked) void this.#ask(node)
  }

  async #ask(node: WatchedNode): Promise<void> {
    node.isAsked = true
    const url = `http://127.0.0.1:${node.plan.consolePort}`
    const picture = await this.#parts.ask(url, ASK_TIMEOUT_MS)
    node.isAsked = false
    // Between a death and the next start an answer would be of the dead, or of a stranger.
    if (node.process.isWaiting) return
    const why = node.process.isRunning ? NOT_ANSWERING : 'down'
    node.picture = picture.status === null ? this.#silent(node.plan, why) : picture
    this.#show()
  }

  #show(): void {
    const { clock, report } = this.#parts
    const pictures = this.#nodes.map(({ picture }) => picture)
    const changes = this.#changes.find(pictures, clock.monotonicMs())
    // While all stop one after the other it is no news that roles change.
    for (const event of this.#isStopping ? [] : changes) {
      report.event(event)
      if (event.type === 'leader' && !this.#hasServed) this.#announce()
    }
    report.picture(pictures)
  }

  #announce(): void {
    this.#hasServed = true
    const consoleUrls = this.#plan.nodes.map(
      ({ consolePort }) => `http://localhost:${consolePort}/api/v1/status`,
    )
    this.#parts.report.event({ type: 'serving', clientUri: failoverUri(this.#plan), consoleUrls })
  }

  #silent({ nodeId, consolePort }: PlannedNode, problem: string): NodePicture {
    return { nodeId, consoleUrl: `http://127.0.0.1:${consolePort}`, status: null, problem }
  }
}

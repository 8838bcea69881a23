import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerStatus } from '@quorate/broker/management/broker-status'
import type { BrokerNode, NodeSettings } from '../../support/broker-node.ts'
import type { Cluster } from '../../support/cluster.ts'
import { withCluster } from '../../support/cluster.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { ForgetfulDisk } from '../forgetful-disk/forgetful-disk.ts'
import type { DiskFaults } from '../forgetful-disk/forgetful-disk.ts'
import type { PowerLoss } from '../forgetful-disk/power-loss.ts'
import { ConfirmedSends } from './confirmed-sends.ts'
import { epochStartsIn } from './epoch-starts.ts'

/** Longer than any cell: a sync that is so slow is still under way when the power fails. */
const NEVER_MS = 3_600_000
const SETTLED_WITHIN_MS = 30_000
const WHOLE_WITHIN_MS = 60_000
const DEADLINE_MS = 180_000
/** What the log of a broker says of R10 and of R33. */
const POSSIBLE_LOSS = 'elected by full attendance: confirmed records may be missing'
const SUSPECT = 'this replica is suspect until it has caught up'

/**
 * Three brokers on disks that forget what was not synced, and a client that remembers what was
 * confirmed to it.
 */
export class ForgetfulCluster {
  readonly cluster: Cluster
  readonly sends: ConfirmedSends
  readonly #disks: ReadonlyMap<string, ForgetfulDisk>

  constructor(cluster: Cluster, disks: ReadonlyMap<string, ForgetfulDisk>) {
    this.cluster = cluster
    this.#disks = disks
    this.sends = new ConfirmedSends(cluster.nodes.map((node) => node.ports.client))
  }

  get nodes(): readonly BrokerNode[] {
    return this.cluster.nodes
  }

  /** The leader first, then the others. */
  async inOrder(): Promise<[leader: BrokerNode, second: BrokerNode, third: BrokerNode]> {
    const leader = await this.cluster.leader()
    const [second, third] = this.nodes.filter((node) => node !== leader)
    return [leader, second!, third!]
  }

  setMode(nodes: readonly BrokerNode[], faults: DiskFaults): void {
    for (const node of nodes) this.#disk(node).setMode(faults)
  }

  /** From now on nothing reaches the media of these nodes: the window stays open. */
  openWindow(nodes: readonly BrokerNode[]): void {
    this.setMode(nodes, { slowSyncMs: NEVER_MS })
  }

  /** Waits until all that runs has everything on its medium. */
  async settled(): Promise<void> {
    const running = this.nodes.filter((node) => node.isRunning).length
    await this.cluster.waitFor(
      'everything on the media',
      (statuses) => {
        const logs = statuses.flatMap((status) => (status === null ? [] : [status.log]))
        const last = logs[0]?.index
        const isSame = logs.every(({ index, syncedIndex, committedIndex }) =>
          [index, syncedIndex, committedIndex].every((each) => each === last),
        )
        return logs.length === running && isSame
      },
      SETTLED_WITHIN_MS,
    )
  }

  async kill(...nodes: readonly BrokerNode[]): Promise<void> {
    await Promise.all(nodes.map((node) => node.kill9()))
  }

  /** The machines of these nodes lose their power at once, whether the broker runs or not. */
  async powerLoss(nodes: readonly BrokerNode[], loss: PowerLoss = {}): Promise<void> {
    await this.kill(...nodes.filter((node) => node.isRunning))
    for (const [at, node] of nodes.entries()) {
      this.#disk(node).setMode({})
      this.#disk(node).powerLoss({ ...loss, seed: (loss.seed ?? 1) + at })
    }
  }

  async replaceDisks(...nodes: readonly BrokerNode[]): Promise<void> {
    await this.kill(...nodes.filter((node) => node.isRunning))
    for (const node of nodes) this.#disk(node).wipe()
  }

  start(...nodes: readonly BrokerNode[]): void {
    for (const node of nodes) node.start()
  }

  startAll(): void {
    this.start(...this.nodes.filter((node) => !node.isRunning))
  }

  /** Starts what does not run, until all follow one leader in good standing. */
  async whole(): Promise<BrokerNode> {
    const isWhole = async (): Promise<BrokerNode | false> => {
      this.startAll()
      return this.cluster.waitUntilWhole(2000).catch(() => false)
    }
    return waitUntil(isWhole, { what: 'a whole cluster', timeoutMs: WHOLE_WITHIN_MS })
  }

  /** Waits until these run and answer, and tells whether none leads for so long after that. */
  async stayDown(nodes: readonly BrokerNode[], ms: number): Promise<boolean> {
    const roles = async () => (await Promise.all(nodes.map((node) => node.status()))).map(roleOf)
    const answers = async () => (await roles()).every((role) => role !== null)
    await waitUntil(answers, { what: 'nodes that answer', timeoutMs: WHOLE_WITHIN_MS })
    const deadline = performance.now() + ms
    while (performance.now() < deadline) {
      if ((await roles()).includes('leader')) return false
      await delay(100)
    }
    return nodes.every((node) => node.isRunning)
  }

  async someLeader(): Promise<BrokerNode> {
    return this.cluster.leader(WHOLE_WITHIN_MS)
  }

  /**
   * Whether a possible loss was reported (R10): by an alarm in the log of the broker that won, and
   * by the first record of its epoch in the log that all replicas share. One without the other is
   * an error.
   */
  async reportedLoss(): Promise<boolean> {
    const leader = await this.someLeader()
    const status = await leader.status()
    if (status === null) throw new Error(`${leader.name} does not answer`)
    const epochs = epochStartsIn(leader.dataDirectory, status.log.position)
    const isRecorded = epochs.some(({ possibleLoss }) => possibleLoss)
    const hasAlarm = this.nodes.some((node) => readFileSync(node.logFile).includes(POSSIBLE_LOSS))
    assert.equal(isRecorded, hasAlarm, 'the alarm and the record of the epoch agree')
    return isRecorded
  }

  /** Names of the nodes that found themselves suspect at a start (R33), in order. */
  suspects(): readonly string[] {
    const suspects = this.nodes.filter((node) => readFileSync(node.logFile).includes(SUSPECT))
    return suspects.map((node) => node.name).sort()
  }

  wipeCoordination(): void {
    rmSync(join(this.cluster.directory, 'coordination', 'data'), { recursive: true })
  }

  #disk(node: BrokerNode): ForgetfulDisk {
    const disk = this.#disks.get(node.dataDirectory)
    if (disk === undefined) throw new Error(`${node.name} has no disk`)
    return disk
  }
}

function roleOf(status: BrokerStatus | null): BrokerStatus['role'] | null {
  return status?.role ?? null
}

/** Runs a cell of the matrix on a fresh cluster with these settings, and ends all of it. */
export async function withForgetfulCluster(
  settings: NodeSettings,
  cell: (cluster: ForgetfulCluster) => Promise<void>,
): Promise<void> {
  const disks = new Map<string, ForgetfulDisk>()
  const environment = (dataDirectory: string) => {
    const disk = disks.get(dataDirectory) ?? new ForgetfulDisk(dataDirectory)
    disks.set(dataDirectory, disk)
    return disk.environment
  }
  const options = { settings, logSize: '1mb', environment, deadlineMs: DEADLINE_MS }
  await withCluster(options, async (cluster) => {
    const forgetful = new ForgetfulCluster(cluster, disks)
    try {
      await cell(forgetful)
    } finally {
      forgetful.sends.close()
    }
  })
}

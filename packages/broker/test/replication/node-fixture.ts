import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '@quorate/core/base/clock'
import type { Clock } from '@quorate/core/base/clock'
import type { BrokerError } from '@quorate/core/base/errors'
import { systemEntropy } from '@quorate/core/base/entropy'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import type { ClusterConfig } from '../../src/replication/cluster-config.ts'
import type { StateMachine } from '../../src/replication/committed-feed.ts'
import { ReplicaNode } from '../../src/replication/replica-node.ts'
import type { ReplicaStoreOptions } from '../../src/replication/replica-store.ts'
import { parseSyncLevel } from '../../src/replication/sync-level.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import { forEachRecord } from '../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'

export const DATA = 50
export const TIMINGS = { heartbeatMs: 20, stickyMs: 200, leaseMs: 150, quorumTimeoutMs: 500 }

/** Keeps the committed data records, in order. */
class Records implements StateMachine {
  appliedIndex = 0
  readonly texts: string[] = []

  apply(batch: LogBatch, throughIndex: number): void {
    forEachRecord(batch, ({ index, type, payload }) => {
      if (index <= this.appliedIndex || index > throughIndex) return
      if (type === DATA) this.texts.push(payload.toString())
    })
    this.appliedIndex = throughIndex
  }

  encodeState(): Buffer {
    return Buffer.alloc(0)
  }
}

/** What the coordination service gives: epochs, and the founding configuration. */
export class FakeCoordination {
  epoch = 0
  readonly #nodes = new Map<string, TestNode>()

  register(node: TestNode): void {
    this.#nodes.set(node.id, node)
  }

  /** Everybody learns where everybody is. */
  introduce(): void {
    const addresses = [...this.#nodes.values()].map(
      ({ id, port }) => [id, `127.0.0.1:${port}`] as const,
    )
    for (const { node } of this.#nodes.values()) node.setPeers(new Map(addresses))
  }

  found(): void {
    const nodes = [...this.#nodes.values()]
    const seats = nodes.map(({ id, node }) => {
      return { nodeId: id, storeUuid: node.replica.meta.storeUuid }
    })
    const config: ClusterConfig = { version: 1, seats }
    for (const { node } of nodes) node.dispatch({ type: 'joined', clusterId: 'c', config })
  }
}

/** A replica with real links on loopback and a disk in memory. */
export class TestNode {
  readonly id: string
  readonly fileSystem: MemoryFileSystem
  readonly coordination: FakeCoordination
  readonly records = new Records()
  readonly fatal: BrokerError[] = []
  readonly stepDowns: string[] = []
  clock: Clock = systemClock
  leads = 0
  port = 0
  node!: ReplicaNode

  constructor(id: string, coordination: FakeCoordination, fileSystem = new MemoryFileSystem()) {
    this.id = id
    this.coordination = coordination
    this.fileSystem = fileSystem
  }

  get storeOptions(): ReplicaStoreOptions {
    return {
      directory: `/data/${this.id}`,
      fileSystem: this.fileSystem,
      brokerName: 'b',
      nodeId: this.id,
      sync: parseSyncLevel('quorum_disk'),
      segmentSizeBytes: 1 << 20,
      bootId: 'boot-1',
      clock: this.clock,
      entropy: systemEntropy,
      log: silentLog,
      journalListener: { written: () => undefined, synced: () => undefined, fatal: assert.fail },
    }
  }

  async open(port = 0): Promise<this> {
    this.node = await ReplicaNode.open({
      ...this.storeOptions,
      bindHost: '127.0.0.1',
      bindPort: port,
      securityToken: 's',
      weight: 1,
      timings: TIMINGS,
      network: tcpNetwork,
      schedule: (work) => setImmediate(work),
      allocateEpoch: (above) => {
        this.coordination.epoch = Math.max(this.coordination.epoch, above) + 1
        const epoch = this.coordination.epoch
        return Promise.resolve({ epoch, nonce: `${this.id} ${epoch}` })
      },
      listener: {
        lead: () => this.leads++,
        stepDown: (reason) => this.stepDowns.push(reason),
        advanced: () => undefined,
        restarted: () => undefined,
        fatal: (error) => this.fatal.push(error),
      },
    })
    this.port = await this.node.listen()
    this.node.start(this.records)
    return this
  }

  get isServing(): boolean {
    return this.leads > 0 && this.node.replica.leadership?.isServing === true
  }
}

/** Waits for what the loops bring about; fails after ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (condition()) return
    await wait(5)
  }
  assert.fail(`never: ${what}`)
}

export async function leaderOf(nodes: readonly TestNode[]): Promise<TestNode> {
  await until('a leader', () => nodes.some((node) => node.isServing))
  return nodes.find((node) => node.isServing) as TestNode
}

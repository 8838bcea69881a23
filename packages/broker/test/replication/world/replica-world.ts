import assert from 'node:assert/strict'
import type { Voter } from '../../../src/replication/cluster-config.ts'
import { parseSyncLevel } from '../../../src/replication/sync-level.ts'
import type { SyncLevel } from '../../../src/replication/sync-level.ts'
import { FakeNetwork } from './fake-network.ts'
import { FakeNode } from './fake-node.ts'
import { Ledger } from './ledger.ts'
import { Scheduler } from './scheduler.ts'

export interface WorldOptions {
  readonly nodes: number
  readonly seed: number
  readonly sync?: string
  /** Seats that nobody has taken; the last nodes are learners at first (R2). */
  readonly vacant?: number
  /** Each start brings one of these instead of `sync`, and a disk that is slow or is not. */
  readonly words?: readonly string[]
}

/** Longer than what keeps writes waiting. */
export const SLOW_SYNC_MS = 60

/** A cluster of pure replicas in one thread of simulated time. */
export class ReplicaWorld {
  readonly scheduler: Scheduler
  readonly ledger: Ledger
  readonly network: FakeNetwork
  readonly sync: SyncLevel
  readonly nodes = new Map<string, FakeNode>()
  readonly #words: readonly string[] | undefined
  coordinationUp = true
  epochRegister = 0
  /** How often the register hands out a number again that it has handed out before. */
  forgetfulness = 0
  /** How often it takes its time over one. */
  slowness = 0
  /** Epochs handed out: an election that nobody can win should not take one (S12). */
  allocations = 0
  #isFlowing = false
  #silentUntilMs = 0

  constructor(options: WorldOptions) {
    this.scheduler = new Scheduler(options.seed)
    this.sync = parseSyncLevel(options.sync ?? 'quorum_disk')
    this.#words = options.words
    this.ledger = new Ledger()
    this.network = new FakeNetwork(this.scheduler, this.nodes)
    const ids = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`)
    const taken = options.nodes - (options.vacant ?? 0)
    const seats = ids.map((nodeId, i): Voter | null =>
      i < taken ? { nodeId, storeUuid: `${nodeId}-1` } : null,
    )
    for (const [i, id] of ids.entries()) {
      this.nodes.set(id, new FakeNode(this, id, i < taken ? { version: 1, seats } : null))
    }
  }

  /** Where words differ: what a process starts with. */
  redraw(node: FakeNode): void {
    if (this.#words === undefined) return
    node.sync = parseSyncLevel(this.scheduler.pick(this.#words))
    node.slowSyncMs = this.scheduler.pick([0, SLOW_SYNC_MS])
  }

  node(id: string): FakeNode {
    return this.nodes.get(id) as FakeNode
  }

  get up(): FakeNode[] {
    return [...this.nodes.values()].filter((node) => node.isUp)
  }

  get leader(): FakeNode | undefined {
    return this.up.find((node) => node.serving && !node.isPaused)
  }

  startAll(): this {
    for (const node of this.nodes.values()) if (!node.isUp) node.start()
    return this
  }

  run(ms: number): this {
    this.scheduler.run(ms)
    return this
  }

  /** Runs until a leader serves; fails after `ms`. */
  untilLed(ms = 10_000): FakeNode {
    const until = this.scheduler.nowMs + ms
    while (this.leader === undefined && this.scheduler.nowMs < until) this.run(10)
    assert.ok(this.leader, `no leader within ${ms} ms (S11)`)
    return this.leader
  }

  /** Proposes through whoever leads and waits until it is confirmed. */
  confirm(payload: string, ms = 5_000): void {
    const leader = this.untilLed(ms)
    leader.propose(payload)
    const until = this.scheduler.nowMs + ms
    while (!this.ledger.isConfirmed(payload) && this.scheduler.nowMs < until) this.run(5)
    assert.ok(this.ledger.isConfirmed(payload), `${payload} not confirmed within ${ms} ms (S11)`)
  }

  cut(a: string, b: string, options: { readonly oneWay?: boolean } = {}): void {
    this.network.cut(a, b, options)
  }

  heal(): void {
    this.network.heal()
  }

  allocateEpoch(above: number): number | null {
    if (!this.coordinationUp) return null
    this.allocations++
    const repeats = this.epochRegister > above && this.scheduler.random() < this.forgetfulness
    if (!repeats) this.epochRegister = Math.max(this.epochRegister, above) + 1
    return this.epochRegister
  }

  /** Clients send most of the time, to whoever serves; now and then they are silent. */
  flow(everyMs: number): void {
    const send = (i: number): void => {
      if (!this.#isFlowing) return
      const mayTalk = this.scheduler.nowMs >= this.#silentUntilMs
      if (mayTalk) for (const node of this.up) node.propose(`${node.id} ${i}`)
      const isSilent = this.scheduler.random() < 0.02
      const delayMs = isSilent ? this.scheduler.between(500, 3_000) : everyMs
      this.scheduler.after(delayMs, () => send(i + 1))
    }
    this.#isFlowing = true
    send(0)
  }

  /** No client sends anything for a while. */
  hush(ms: number): void {
    this.#silentUntilMs = this.scheduler.nowMs + ms
  }

  stopFlow(): void {
    this.#isFlowing = false
  }

  /** S9: at no time may two brokers dispatch. */
  checkLeases(): void {
    const { nowMs } = this.scheduler
    const leased = this.up.filter((node) => !node.isPaused && node.replica?.leaseValid(nowMs))
    const names = leased.map(({ id }) => id).join(' and ')
    assert.ok(leased.length <= 1, `${names} may dispatch at the same time (S9)`)
  }
}

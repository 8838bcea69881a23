import assert from 'node:assert/strict'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import type { Frame } from '../../../src/replication/frames.ts'
import { decodeFrame, encodeFrame } from '../../../src/replication/frames.ts'
import {
  CONFIG,
  EPOCH_START,
  decodeConfigRecord,
  decodeEpochStart,
  encodeConfigRecord,
  encodeEpochStart,
} from '../../../src/replication/log-records.ts'
import type { ReplicaMeta } from '../../../src/replication/meta.ts'
import { NO_PROMISE } from '../../../src/replication/meta.ts'
import type {
  ConfigInBatch,
  ReplicaEffect,
  ReplicaEvent,
} from '../../../src/replication/replica/events.ts'
import { Replica } from '../../../src/replication/replica/replica.ts'
import { suspicionAtStart } from '../../../src/replication/suspicion.ts'
import { isVolatile, parseSyncLevel } from '../../../src/replication/sync-level.ts'
import { forEachRecord, parseBatch } from '../../../src/store/journal/log-batch.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import { FakeLog } from './fake-log.ts'
import { Ledger } from './ledger.ts'
import { Scheduler } from './scheduler.ts'

const TIMINGS = { heartbeatMs: 100, stickyMs: 800, leaseMs: 600, quorumTimeoutMs: 2000 }
export const DATA = 99

export interface WorldOptions {
  readonly nodes: number
  readonly seed: number
  readonly sync?: string
  /** Seats of the first configuration; all nodes by default. */
  readonly seats?: number
}

class FakeNode {
  readonly id: string
  readonly world: ReplicaWorld
  storeUuid: string
  meta: ReplicaMeta
  log = new FakeLog()
  replica: Replica | null = null
  serving = false
  halted: string | null = null
  suspectsSeen = 0
  isPaused = false
  #held: (() => void)[] = []
  #boot = 1
  #incarnation = 0
  #isCutting = false
  #queue: ReplicaEvent[] = []
  #isStepping = false
  #openEpoch = 0
  #lastIoMs = 0

  constructor(world: ReplicaWorld, id: string, config: ClusterConfig | null) {
    this.world = world
    this.id = id
    this.storeUuid = `${id}-1`
    this.meta = freshMeta(id, this.storeUuid, world.sync.words, config)
  }

  get isUp(): boolean {
    return this.replica !== null
  }

  start(): void {
    const bootId = `boot-${this.#boot}`
    const suspect = suspicionAtStart(this.meta, { bootId, journalIsCorrupt: false })
    const configs = this.meta.configs.filter(({ index }) => index <= this.log.tail.index)
    this.meta = { ...this.meta, configs, suspect, bootId, clean: false }
    if (suspect !== null) this.suspectsSeen++
    this.#incarnation++
    this.#queue = []
    this.#isCutting = false
    this.serving = false
    this.replica = new Replica(this.meta, this.log, {
      timings: TIMINGS,
      sync: this.world.sync,
      weight: 1,
      random: () => this.world.scheduler.random(),
      startMs: this.world.scheduler.nowMs,
    })
    this.#tick(this.#incarnation)
    this.world.linksOf(this.id)
  }

  /** kill -9 keeps what was written; a power cut keeps what was synced. */
  crash({ powerCut = false } = {}): void {
    this.replica = null
    this.#incarnation++
    this.serving = false
    this.isPaused = false
    this.#held = []
    this.log = this.log.restarted(powerCut)
    if (powerCut) this.#boot++
    this.world.unlink(this.id)
  }

  /** The disk is replaced: nothing is left but the name. */
  wipe(): void {
    if (this.isUp) this.crash()
    this.storeUuid = `${this.id}-${Number(this.storeUuid.split('-')[1]) + 1}`
    this.log = new FakeLog()
    this.meta = freshMeta(this.id, this.storeUuid, this.world.sync.words, null)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    const held = this.#held
    this.#held = []
    for (const work of held) work()
  }

  propose(payload: string): number | null {
    if (!this.serving || this.isPaused) return null
    const batch = this.log.make(this.#openEpoch, DATA, Buffer.from(payload, 'latin1'))
    this.#append(batch)
    this.deliver({ type: 'appended', batch, config: null })
    return batch.lastIndex
  }

  /** Delivers an event unless this process has ended meanwhile. */
  deliver(event: ReplicaEvent, incarnation = this.#incarnation): void {
    if (incarnation !== this.#incarnation || this.replica === null || this.halted !== null) return
    if (this.isPaused) {
      this.#held.push(() => this.deliver(event, incarnation))
      return
    }
    this.#queue.push(event)
    if (!this.#isStepping) this.#drain()
  }

  receive(from: string, frame: Frame): void {
    if (frame.type !== 'append') {
      this.deliver({ type: 'frame', from, frame })
      return
    }
    const { epoch, session, commit } = frame
    const batch = parseBatch(frame.records, frame.previous)
    this.deliver({ type: 'records', from, epoch, session, commit, batch, config: configIn(batch) })
  }

  #drain(): void {
    this.#isStepping = true
    while (this.#queue.length > 0 && !this.#isCutting && this.replica !== null) {
      const event = this.#queue.shift() as ReplicaEvent
      for (const effect of this.replica.step(event, this.world.scheduler.nowMs)) {
        this.#perform(effect)
      }
    }
    this.#isStepping = false
  }

  #perform(effect: ReplicaEffect): void {
    const { scheduler, ledger } = this.world
    const incarnation = this.#incarnation
    const later = (ms: number, event: () => ReplicaEvent | null) =>
      scheduler.after(ms, () => {
        if (incarnation !== this.#incarnation) return
        const happened = event()
        if (happened !== null) this.deliver(happened, incarnation)
      })
    switch (effect.type) {
      case 'send':
        this.world.send(this.id, effect.to, effect.frame)
        break
      case 'persist':
        later(this.#ioAfter(1), () => {
          this.meta = effect.meta
          return { type: 'persisted', generation: effect.generation }
        })
        break
      case 'quiesce':
        later(this.#ioAfter(0), () => ({ type: 'quiesced' }))
        break
      case 'append':
        this.#append(effect.batch)
        break
      case 'truncate':
        ledger.truncated(this.id, effect.after)
        this.#truncate(effect.after)
        break
      case 'sync':
        this.#syncLater(0)
        break
      case 'read':
        later(scheduler.between(0.1, 1), () => ({
          type: 'batchRead',
          peer: effect.peer,
          session: effect.session,
          batch: this.log.read(effect.from),
        }))
        break
      case 'allocateEpoch':
        later(scheduler.between(1, 4), () => {
          const epoch = this.world.allocateEpoch(effect.above)
          if (epoch === null) return { type: 'epochRefused' }
          return { type: 'epochAllocated', epoch, nonce: `${this.id}-${scheduler.random()}` }
        })
        break
      case 'openEpoch':
        this.#openEpoch = effect.start.epoch
        this.#appendOwn(EPOCH_START, encodeEpochStart(effect.start), null)
        break
      case 'appendConfig':
        this.#appendOwn(CONFIG, encodeConfigRecord(effect.config), effect.config)
        break
      case 'commit':
        ledger.committed(this.id, this.log, effect.index, this.serving)
        break
      case 'lead':
        this.serving = true
        ledger.leads(this.id, effect.epoch, this.log)
        break
      case 'stepDown':
        this.serving = false
        break
      case 'halt':
        this.halted = effect.reason
        break
      case 'alarm':
        ledger.alarms.push(`${this.id}: ${effect.message}`)
        break
    }
  }

  #appendOwn(type: number, payload: Buffer, config: ClusterConfig | null): void {
    const batch = this.log.make(this.#openEpoch, type, payload)
    const inBatch = config && { index: batch.lastIndex, epoch: this.#openEpoch, config }
    this.#append(batch)
    this.deliver({ type: 'appended', batch, config: inBatch })
  }

  #append(batch: LogBatch): void {
    this.log.append(batch)
    const { scheduler } = this.world
    const incarnation = this.#incarnation
    const log = this.log
    const index = batch.lastIndex
    scheduler.after(this.#ioAfter(scheduler.between(0.05, 0.5)), () => {
      if (incarnation !== this.#incarnation || log.tail.index < index) return
      log.writtenIndex = Math.max(log.writtenIndex, index)
      this.deliver({ type: 'journalAdvanced' }, incarnation)
    })
    this.#syncLater(isVolatile(this.world.sync) ? 200 : scheduler.between(0.5, 4))
  }

  #syncLater(ms: number): void {
    const incarnation = this.#incarnation
    const { index, epoch } = this.log.tail
    const { log } = this
    this.world.scheduler.after(this.#ioAfter(ms), () => {
      const record = log.records[index - 1]
      const gone = record === undefined || record.batch.last.epoch !== epoch
      if (incarnation !== this.#incarnation || gone) return
      log.writtenIndex = Math.max(log.writtenIndex, index)
      log.syncedIndex = Math.max(log.syncedIndex, index)
      this.deliver({ type: 'journalAdvanced' }, incarnation)
    })
  }

  #truncate(after: number): void {
    this.#isCutting = true
    const incarnation = this.#incarnation
    this.world.scheduler.after(this.#ioAfter(2), () => {
      if (incarnation !== this.#incarnation) return
      this.log.truncate(after)
      this.#isCutting = false
      this.#queue.unshift({ type: 'truncated' })
      if (!this.#isStepping && !this.isPaused) this.#drain()
    })
  }

  /** Disk operations of one node end in order. */
  #ioAfter(ms: number): number {
    const { nowMs } = this.world.scheduler
    this.#lastIoMs = ms > 50 ? this.#lastIoMs : Math.max(this.#lastIoMs, nowMs + ms)
    return Math.max(nowMs + ms, this.#lastIoMs) - nowMs
  }

  #tick(incarnation: number): void {
    if (incarnation !== this.#incarnation) return
    this.deliver({ type: 'tick' }, incarnation)
    this.world.scheduler.after(20, () => this.#tick(incarnation))
  }
}

/** A cluster of pure replicas in one thread of simulated time. */
export class ReplicaWorld {
  readonly scheduler: Scheduler
  readonly ledger: Ledger
  readonly sync
  readonly nodes = new Map<string, FakeNode>()
  coordinationUp = true
  epochRegister = 0
  readonly #cut = new Set<string>()
  readonly #links = new Map<string, number>()
  readonly #arrival = new Map<string, number>()
  #generation = 0

  constructor(options: WorldOptions) {
    this.scheduler = new Scheduler(options.seed)
    this.ledger = new Ledger()
    this.sync = parseSyncLevel(options.sync ?? 'quorum_disk')
    const ids = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`)
    const seats = ids.slice(0, options.seats ?? options.nodes)
    const config = {
      version: 1,
      seats: seats.map((nodeId) => ({ nodeId, storeUuid: `${nodeId}-1` })),
    }
    for (const [i, id] of ids.entries()) {
      this.nodes.set(id, new FakeNode(this, id, i < seats.length ? config : null))
    }
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
    assert.ok(this.leader, `no leader within ${ms} ms`)
    return this.leader
  }

  /** Proposes through whoever leads and waits until it is confirmed. */
  confirm(payload: string, ms = 5_000): void {
    const leader = this.untilLed(ms)
    leader.propose(payload)
    const until = this.scheduler.nowMs + ms
    while (!this.ledger.isConfirmed(payload) && this.scheduler.nowMs < until) this.run(5)
    assert.ok(this.ledger.isConfirmed(payload), `${payload} not confirmed within ${ms} ms`)
  }

  /** Cuts one direction, or both. The links find out only when it heals or after five seconds. */
  cut(a: string, b: string, { oneWay = false } = {}): void {
    for (const key of oneWay ? [`${a}>${b}`] : [`${a}>${b}`, `${b}>${a}`]) {
      this.#cut.add(key)
      const generation = this.#links.get(key)
      this.scheduler.after(5_000, () => {
        if (this.#cut.has(key) && this.#links.get(key) === generation) this.#down(key, false)
      })
    }
  }

  heal(): void {
    const cut = [...this.#cut]
    this.#cut.clear()
    for (const key of cut) {
      this.#down(key, false)
      this.#connect(key)
    }
  }

  allocateEpoch(above: number): number | null {
    if (!this.coordinationUp) return null
    this.epochRegister = Math.max(this.epochRegister, above) + 1
    return this.epochRegister
  }

  send(from: string, to: string, frame: Frame): void {
    const key = `${from}>${to}`
    const generation = this.#links.get(key)
    if (generation === undefined) return
    const bytes = Buffer.concat(encodeFrame(frame)).subarray(4)
    const { scheduler } = this
    const earliest = Math.max(this.#arrival.get(key) ?? 0, scheduler.nowMs)
    const at = Math.max(earliest, scheduler.nowMs + scheduler.between(0.1, 1.5))
    this.#arrival.set(key, at)
    scheduler.after(at - scheduler.nowMs, () => {
      if (this.#cut.has(key) || this.#links.get(key) !== generation) return
      this.node(to).receive(from, decodeFrame(bytes))
    })
  }

  /** A node has started: everybody dials everybody. */
  linksOf(id: string): void {
    for (const other of this.nodes.keys()) {
      if (other === id) continue
      this.#connect(`${id}>${other}`)
      this.#connect(`${other}>${id}`)
    }
  }

  /** A process is gone: the kernel tells the others, and their redials are refused. */
  unlink(id: string): void {
    for (const other of this.nodes.keys()) {
      this.#links.delete(`${id}>${other}`)
      const key = `${other}>${id}`
      if (this.#links.has(key) && !this.#cut.has(key)) this.#down(key, true)
      else this.#links.delete(key)
    }
  }

  #connect(key: string): void {
    const [from, to] = key.split('>') as [string, string]
    this.scheduler.after(this.scheduler.between(0.5, 30), () => {
      const possible = this.node(from).isUp && this.node(to).isUp && !this.#cut.has(key)
      if (!possible || this.#links.has(key)) return
      this.#links.set(key, ++this.#generation)
      const { storeUuid } = this.node(to)
      this.node(from).deliver({ type: 'linkUp', peer: to, storeUuid, weight: 1 })
    })
  }

  #down(key: string, refused: boolean): void {
    const [from, to] = key.split('>') as [string, string]
    if (!this.#links.delete(key)) return
    this.scheduler.after(this.scheduler.between(0.1, 2), () => {
      if (this.#links.has(key)) return
      this.node(from).deliver({
        type: 'linkDown',
        peer: to,
        refused: refused && !this.node(to).isUp,
      })
    })
  }
}

function freshMeta(
  nodeId: string,
  storeUuid: string,
  sync: string,
  config: ClusterConfig | null,
): ReplicaMeta {
  return {
    brokerName: 'b',
    nodeId,
    storeUuid,
    clusterId: 'c',
    configs: config === null ? [] : [{ index: 0, epoch: 0, config }],
    promised: NO_PROMISE,
    sync,
    bootId: '',
    clean: true,
    suspect: null,
    commitHint: 0,
    peers: {},
  }
}

function configIn(batch: LogBatch): ConfigInBatch | null {
  const found: { config: ConfigInBatch | null } = { config: null }
  forEachRecord(batch, ({ index, epoch, type, payload }) => {
    if (type === CONFIG) found.config = { index, epoch, config: decodeConfigRecord(payload) }
    if (type === EPOCH_START) {
      found.config = { index, epoch, config: decodeEpochStart(payload).config }
    }
  })
  return found.config
}

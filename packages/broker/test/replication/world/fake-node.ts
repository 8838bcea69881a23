import assert from 'node:assert/strict'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import { appendConfigs, configsHeld } from '../../../src/replication/config-history.ts'
import type { ConfigEntry } from '../../../src/replication/config-history.ts'
import type { Frame } from '../../../src/replication/frames.ts'
import {
  CONFIG,
  EPOCH_START,
  configsIn,
  encodeConfigRecord,
  encodeEpochStart,
} from '../../../src/replication/log-records.ts'
import { appendLosses, lossesHeld } from '../../../src/replication/loss-history.ts'
import type { ReplicaMeta } from '../../../src/replication/meta.ts'
import { freshMeta } from '../../../src/replication/meta.ts'
import type { ReplicaEffect, ReplicaEvent } from '../../../src/replication/replica/events.ts'
import { Replica } from '../../../src/replication/replica/replica.ts'
import { suspicionAtStart } from '../../../src/replication/suspicion.ts'
import type { SyncLevel } from '../../../src/replication/sync-level.ts'
import { syncPolicyOf } from '../../../src/replication/sync-level.ts'
import { MEM_SYNC } from '../../../src/store/journal/appender.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import { parseBatch } from '../../../src/store/journal/log-batch.ts'
import { FakeLog } from './fake-log.ts'
import type { Process } from './fake-network.ts'
import type { LeadingHolder } from './ledger.ts'
import { DATA } from './ledger.ts'
import { NodeWitness } from './node-witness.ts'
import type { ReplicaWorld } from './replica-world.ts'
import type { Trap } from './trap.ts'

export const TIMINGS = { heartbeatMs: 100, stickyMs: 800, leaseMs: 600, quorumTimeoutMs: 2000 }

type DiskEffect = 'persist' | 'quiesce' | 'append' | 'truncate' | 'sync' | 'read' | 'allocateEpoch'

/** A replica with a disk, and the loop that carries out what it wants, in simulated time. */
export class FakeNode implements Process {
  readonly id: string
  readonly world: ReplicaWorld
  storeUuid: string
  /** What the process runs with, or is the next to. */
  sync: SyncLevel
  /** Added to each sync of the disk modes. */
  slowSyncMs = 0
  /** What the meta file holds. */
  meta: ReplicaMeta
  log = new FakeLog()
  replica: Replica | null = null
  serving = false
  halted: string | null = null
  isPaused = false
  incarnation = 0
  trap: Trap | null = null
  /** The epoch that it appends in as a leader, or was the last to. */
  openEpoch = 0
  readonly #witness = new NodeWitness(this)
  #held: (() => void)[] = []
  #boot = 1
  #isCutting = false
  #queue: ReplicaEvent[] = []
  #isStepping = false
  #isDamaged = false
  /** When the last operation on the log, and on the meta file, ends. */
  readonly #logIo = { lastMs: 0 }
  readonly #metaIo = { lastMs: 0 }

  constructor(world: ReplicaWorld, id: string, config: ClusterConfig | null) {
    this.world = world
    this.id = id
    this.storeUuid = `${id}-1`
    this.sync = world.sync
    this.meta = joinedMeta(id, this.storeUuid, { sync: this.sync.words, config })
  }

  get isUp(): boolean {
    return this.replica !== null
  }

  /** It may have lost what it once acknowledged, and has not got it back. */
  get isInDoubt(): boolean {
    return this.#isDamaged || this.meta.suspect !== null
  }

  /** What openReplicaStore does. */
  start(): void {
    const bootId = `boot-${this.#boot}`
    const journalIsCorrupt = this.#isDamaged
    this.#isDamaged = false
    const suspect = suspicionAtStart(this.meta, { bootId, journalIsCorrupt })
    this.#witness.starts(suspect)
    const news = this.log.records.slice(this.meta.commitHint)
    const configs = appendConfigs(
      configsHeld(this.meta.configs, this.log),
      news.map(({ config }) => config).filter((config) => config !== undefined),
    )
    const losses = appendLosses(
      lossesHeld(this.meta.losses, this.log),
      news.flatMap((record) => record.losses),
    )
    const commitHint = Math.min(this.meta.commitHint, this.log.tail.index)
    this.world.redraw(this)
    const { words: sync, followerDisk } = this.sync
    const mode = { sync, inMemory: !followerDisk, bootId, clean: false }
    this.meta = { ...this.meta, configs, losses, suspect, commitHint, ...mode }
    this.incarnation++
    this.#queue = []
    this.#isCutting = false
    this.serving = false
    this.replica = new Replica(this.meta, this.log, {
      timings: TIMINGS,
      sync: this.sync,
      weight: 1,
      random: () => this.world.scheduler.random(),
      startMs: this.world.scheduler.nowMs,
    })
    this.world.ledger.promised(this, this.meta.promised)
    this.#witness.checkHistory()
    this.#tick(this.incarnation)
    this.world.network.started(this.id)
  }

  /** kill -9 keeps what was written; a power cut keeps what was synced. */
  crash({ powerCut = false } = {}): void {
    this.replica = null
    this.incarnation++
    this.serving = false
    this.isPaused = false
    this.trap = null
    this.#held = []
    if (powerCut) this.world.ledger.destroyed(this, this.log.syncedIndex)
    this.world.ledger.restarted(this)
    this.log = this.log.restarted(powerCut)
    if (powerCut) this.#boot++
    this.world.network.ended(this.id)
  }

  /** The disk is replaced: nothing is left but the name. */
  wipe(): void {
    if (this.isUp) this.crash()
    this.world.ledger.destroyed(this, 0)
    this.storeUuid = `${this.id}-${Number(this.storeUuid.split('-')[1]) + 1}`
    this.log = new FakeLog()
    this.#witness.cut(0)
    this.meta = joinedMeta(this.id, this.storeUuid, { sync: this.sync.words, config: null })
  }

  /** The log goes back in time, and nobody can know. */
  rewind(after: number): void {
    if (this.isUp) this.crash()
    this.log.truncate(after)
    this.#witness.cut(after)
  }

  /** Records rot; the next start finds the damage and cuts there (R32). */
  damage(from: number): void {
    if (this.isUp) this.crash()
    this.world.ledger.destroyed(this, from - 1)
    this.log = this.log.upTo(from - 1)
    this.#isDamaged = true
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

  /** The disk of the log finishes nothing for so long. */
  stall(ms: number): void {
    this.#logIo.lastMs = Math.max(this.#logIo.lastMs, this.world.scheduler.nowMs + ms)
  }

  propose(payload: string): number | null {
    if (!this.serving || this.isPaused) return null
    const batch = this.log.make(this.openEpoch, DATA, Buffer.from(payload, 'latin1'))
    this.#append(batch)
    this.deliver({ type: 'appended', batch, configs: [] })
    return batch.lastIndex
  }

  /** Delivers an event unless this process has ended meanwhile. */
  deliver(event: ReplicaEvent, incarnation = this.incarnation): void {
    if (incarnation !== this.incarnation || this.replica === null || this.halted !== null) return
    // A trap may strike in the middle of a step: that is finished first.
    if (this.isPaused && !this.#isStepping) {
      this.#held.push(() => this.deliver(event, incarnation))
      return
    }
    this.#queue.push(event)
    if (!this.#isStepping) this.#drain()
  }

  receive(from: string, frame: Frame): void {
    this.#witness.receives(frame)
    if (frame.type !== 'append') {
      this.deliver({ type: 'frame', from, frame })
      return
    }
    const { epoch, session, commit } = frame
    const batch = parseBatch(frame.records, frame.previous)
    const configs = configsIn(batch)
    this.deliver({ type: 'records', from, epoch, session, commit, batch, configs })
  }

  linkUp(peer: string): void {
    const { storeUuid } = this.world.node(peer)
    this.deliver({ type: 'linkUp', peer, storeUuid, weight: 1 })
  }

  linkDown(peer: string, refused: boolean): void {
    this.deliver({ type: 'linkDown', peer, refused })
  }

  #drain(): void {
    const { incarnation } = this
    this.#isStepping = true
    try {
      while (this.#queue.length > 0 && !this.#isCutting && this.replica !== null) {
        const event = this.#queue.shift() as ReplicaEvent
        for (const effect of this.replica.step(event, this.world.scheduler.nowMs)) {
          if (incarnation !== this.incarnation) return
          this.#perform(effect)
          this.#spring(effect)
        }
      }
    } finally {
      this.#isStepping = false
    }
    if (incarnation !== this.incarnation) return
    if (this.#queue.length === 0 && !this.#isCutting) this.#witness.checkHistory()
    if (this.serving) this.world.checkLeases()
    this.#witness.checkProgress()
  }

  #spring(effect: ReplicaEffect): void {
    const { trap } = this
    if (trap?.snaps(effect) !== true) return
    this.trap = null
    trap.strike()
  }

  #perform(effect: ReplicaEffect): void {
    const { scheduler, ledger } = this.world
    switch (effect.type) {
      case 'send':
        this.#witness.sends(effect.to, effect.frame)
        this.world.network.send(this.id, effect.to, effect.frame)
        break
      case 'persist':
        this.#witness.persists(effect.meta)
        this.#later(this.#ioAfter(scheduler.between(0.3, 3), this.#metaIo), () => {
          this.meta = effect.meta
          ledger.promised(this, this.meta.promised)
          return { type: 'persisted', generation: effect.generation }
        })
        break
      case 'quiesce':
        this.#later(this.#ioAfter(0), () => ({ type: 'quiesced' }))
        break
      case 'append':
        this.#append(effect.batch)
        break
      case 'truncate':
        this.#truncate(effect.after)
        break
      case 'sync':
        this.#syncLater(scheduler.between(0.5, 4))
        break
      case 'read':
        this.#later(scheduler.between(0.1, 1), () => ({
          type: 'batchRead',
          peer: effect.peer,
          session: effect.session,
          batch: this.log.read(effect.from, scheduler.pick([1, 1, 3, 20])),
        }))
        break
      case 'allocateEpoch': {
        const isSlow = scheduler.random() < this.world.slowness
        this.#later(isSlow ? scheduler.between(20, 600) : scheduler.between(1, 4), () => {
          const epoch = this.world.allocateEpoch(effect.above)
          if (epoch === null) return { type: 'epochRefused' }
          return { type: 'epochAllocated', epoch, nonce: `${this.id}-${scheduler.random()}` }
        })
        break
      }
      default:
        this.#performForService(effect)
    }
  }

  /** Effects that need no disk, or are the leader's own. */
  #performForService(effect: Exclude<ReplicaEffect, { type: DiskEffect | 'send' }>): void {
    const { ledger } = this.world
    switch (effect.type) {
      case 'openEpoch': {
        const { epoch, possibleLoss } = effect.start
        const everybody = possibleLoss ? [...this.world.nodes.values()] : null
        ledger.elected(this.#leading(), epoch, everybody)
        this.openEpoch = epoch
        this.#appendOwn(EPOCH_START, encodeEpochStart({ ...effect.start, wonAtMs: null }), null)
        break
      }
      case 'appendConfig':
        this.#witness.changesConfig(effect.config)
        this.#appendOwn(CONFIG, encodeConfigRecord(effect.config), effect.config)
        break
      case 'commit': {
        const leads = this.replica?.leadership != null
        if (leads && this.replica?.suspect === null) this.#witness.commits(effect.index)
        ledger.committed(this, effect.index, leads ? this.#leading() : null)
        break
      }
      case 'lead':
        this.serving = true
        break
      case 'stepDown':
        this.serving = false
        break
      case 'restart':
        assert.fail('no log of this world begins later')
        break
      case 'halt':
        this.halted = effect.reason
        break
      case 'alarm':
        ledger.alarms.push(`${this.id}: ${effect.message}`)
        break
    }
  }

  #leading(): LeadingHolder {
    const { id, storeUuid, log, replica, sync } = this
    const config = replica?.meta.configs.at(-1)?.config
    assert.ok(config)
    const isSuspect = replica?.suspect !== null
    return { id, storeUuid, log, config, sync, isSuspect, isServing: this.serving }
  }

  #appendOwn(type: number, payload: Buffer, config: ClusterConfig | null): void {
    const batch = this.log.make(this.openEpoch, type, payload)
    const entry = { index: batch.lastIndex, epoch: this.openEpoch }
    const configs: ConfigEntry[] = config === null ? [] : [{ ...entry, config }]
    this.#append(batch)
    this.deliver({ type: 'appended', batch, configs })
  }

  #append(batch: LogBatch): void {
    this.log.append(batch)
    const { scheduler } = this.world
    const { incarnation, log, sync } = this
    const { index, chain } = batch.last
    scheduler.after(this.#ioAfter(scheduler.between(0.05, 0.5)), () => {
      if (incarnation !== this.incarnation || log.chainAt(index) !== chain) return
      log.writtenIndex = Math.max(log.writtenIndex, index)
      this.deliver({ type: 'journalAdvanced' }, incarnation)
    })
    const isLazy = syncPolicyOf(sync) === MEM_SYNC
    this.#syncLater(isLazy ? MEM_SYNC.backgroundMs : scheduler.between(0.5, 4) + this.slowSyncMs)
  }

  #syncLater(ms: number): void {
    const { incarnation, log } = this
    const { index, chain } = log.tail
    this.world.scheduler.after(this.#ioAfter(ms), () => {
      if (incarnation !== this.incarnation || log.chainAt(index) !== chain) return
      log.writtenIndex = Math.max(log.writtenIndex, index)
      log.syncedIndex = Math.max(log.syncedIndex, index)
      this.deliver({ type: 'journalAdvanced' }, incarnation)
    })
  }

  #truncate(after: number): void {
    this.world.ledger.truncated(this, after)
    this.#isCutting = true
    const { incarnation } = this
    this.world.scheduler.after(this.#ioAfter(this.world.scheduler.between(0.5, 5)), () => {
      if (incarnation !== this.incarnation) return
      this.log.truncate(after)
      this.#witness.cut(after)
      this.#isCutting = false
      this.#queue.unshift({ type: 'truncated' })
      if (this.isPaused) this.#held.push(() => this.#drain())
      else if (!this.#isStepping) this.#drain()
    })
  }

  #later(ms: number, event: () => ReplicaEvent | null): void {
    const { incarnation } = this
    this.world.scheduler.after(ms, () => {
      if (incarnation !== this.incarnation) return
      const happened = event()
      if (happened !== null) this.deliver(happened, incarnation)
    })
  }

  /** Operations on one file end in order; between two files there is no order. */
  #ioAfter(ms: number, file = this.#logIo): number {
    const { nowMs } = this.world.scheduler
    file.lastMs = ms > 50 ? file.lastMs : Math.max(file.lastMs, nowMs + ms)
    return Math.max(nowMs + ms, file.lastMs) - nowMs
  }

  #tick(incarnation: number): void {
    if (incarnation !== this.incarnation) return
    this.deliver({ type: 'tick' }, incarnation)
    this.world.scheduler.after(20, () => this.#tick(incarnation))
  }
}

/** Of a replica that has just joined; one with a configuration helped to found the cluster. */
export function joinedMeta(
  nodeId: string,
  storeUuid: string,
  of: { readonly sync: string; readonly config: ClusterConfig | null },
): ReplicaMeta {
  return {
    ...freshMeta({ brokerName: 'b', nodeId, storeUuid, sync: of.sync }),
    clusterId: 'c',
    configs: of.config === null ? [] : [{ index: 0, epoch: 0, config: of.config }],
  }
}

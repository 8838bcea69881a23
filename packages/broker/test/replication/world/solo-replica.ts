import assert from 'node:assert/strict'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import type { Frame, FrameOf, FrameType } from '../../../src/replication/frames.ts'
import { encodeEpochStart, EPOCH_START } from '../../../src/replication/log-records.ts'
import type { ReplicaMeta } from '../../../src/replication/meta.ts'
import type { ReplicaEffect, ReplicaEvent } from '../../../src/replication/replica/events.ts'
import { Replica } from '../../../src/replication/replica/replica.ts'
import { parseSyncLevel } from '../../../src/replication/sync-level.ts'
import { FakeLog } from './fake-log.ts'
import { TIMINGS, joinedMeta } from './fake-node.ts'
import { DATA } from './ledger.ts'

export const SEATS: ClusterConfig = {
  version: 1,
  seats: ['a', 'b', 'c'].map((nodeId) => ({ nodeId, storeUuid: `${nodeId}-1` })),
}

export interface SoloOptions {
  readonly meta?: Partial<ReplicaMeta>
  readonly sync?: string
  /** Epochs of the records that the log begins with, all of them on the disk. */
  readonly log?: readonly number[]
  /** Effects that the test answers itself. */
  readonly manual?: readonly ReplicaEffect['type'][]
}

/** Replica `a` of a, b and c, alone on the stage: the test speaks all other parts. */
export class SoloReplica {
  readonly log = new FakeLog()
  readonly replica: Replica
  /** What it wants done, since the test last looked. */
  effects: ReplicaEffect[] = []
  nowMs = 0
  readonly #manual: ReadonlySet<ReplicaEffect['type']>
  #queue: ReplicaEvent[] = []

  constructor(options: SoloOptions = {}) {
    this.#manual = new Set(options.manual)
    for (const epoch of options.log ?? []) this.extendLog(epoch)
    const sync = options.sync ?? 'quorum_disk'
    const promised = { epoch: this.log.tail.epoch, candidate: 'an earlier leader', nonce: '' }
    const joined = joinedMeta('a', 'a-1', { sync, config: SEATS })
    const meta = { ...joined, promised, ...options.meta }
    this.replica = new Replica(meta, this.log, {
      timings: TIMINGS,
      sync: parseSyncLevel(sync),
      weight: 1,
      random: () => 0,
      startMs: 0,
    })
  }

  /** A record of this epoch, appended and synced behind the replica's back. */
  extendLog(epoch: number): void {
    this.log.append(this.log.make(epoch, DATA, Buffer.from('x')))
    this.log.writtenIndex = this.log.tail.index
    this.log.syncedIndex = this.log.tail.index
  }

  step(event: ReplicaEvent): this {
    this.#queue.push(event)
    if (this.#queue.length > 1) return this
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const effects = this.replica.step(next, this.nowMs)
      this.effects.push(...effects)
      for (const effect of effects) if (!this.#manual.has(effect.type)) this.#perform(effect)
      this.#queue.shift()
    }
    return this
  }

  up(nodeId: string, storeUuid = `${nodeId}-1`): this {
    return this.step({ type: 'linkUp', peer: nodeId, storeUuid, weight: 1 })
  }

  hear(from: string, frame: Frame): this {
    return this.step({ type: 'frame', from, frame })
  }

  /** Lets time pass in ticks. */
  wait(ms: number): this {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs;) {
      this.nowMs += 20
      this.step({ type: 'tick' })
    }
    return this
  }

  /** Frames of this type that were sent since the test last looked at any. */
  sent<T extends FrameType>(type: T): (FrameOf<T> & { readonly to: string })[] {
    const found: (FrameOf<T> & { readonly to: string })[] = []
    for (const effect of this.effects) {
      if (effect.type === 'send' && effect.frame.type === type) {
        found.push({ ...(effect.frame as Frame & FrameOf<T>), to: effect.to })
      }
    }
    return found
  }

  wanted<T extends ReplicaEffect['type']>(type: T): Extract<ReplicaEffect, { type: T }>[] {
    return this.effects.filter((effect) => effect.type === type) as never
  }

  forget(): this {
    this.effects = []
    return this
  }

  /** Follows `leader` of this epoch, whose log ends where ours does. */
  follow(leader: string, epoch: number, session = 1): this {
    const start = { epoch, nonce: `${leader}-${epoch}`, session }
    this.hear(leader, { type: 'sessionStart', ...start })
    const joinEnd = this.log.tail.index
    return this.hear(leader, { type: 'matched', epoch, session, joinEnd, regressed: false })
  }

  /** Becomes the leader of an epoch by the grants of b and c. Returns the epoch. */
  win(): number {
    this.wait(TIMINGS.stickyMs + 60)
    for (const { to, round } of this.sent('preVote')) {
      this.hear(to, {
        type: 'preVoteReply',
        round,
        leaderAlive: false,
        grants: true,
        suspect: false,
        last: { epoch: 0, index: 0 },
        promised: 0,
      })
    }
    for (const { to, epoch, nonce } of this.sent('fence')) this.grant(to, { epoch, nonce })
    assert.equal(this.replica.role, 'leader')
    return this.replica.leadership?.epoch ?? 0
  }

  grant(from: string, of: { readonly epoch: number; readonly nonce: string }): this {
    return this.hear(from, {
      type: 'fenceReply',
      ...of,
      promises: true,
      grants: true,
      suspect: false,
      last: { epoch: 0, index: 0 },
      promised: of.epoch,
    })
  }

  #perform(effect: ReplicaEffect): void {
    if (effect.type === 'persist') {
      this.step({ type: 'persisted', generation: effect.generation })
    } else if (effect.type === 'quiesce') {
      this.step({ type: 'quiesced' })
    } else if (effect.type === 'append') {
      this.log.append(effect.batch)
      this.advance()
    } else if (effect.type === 'truncate') {
      this.log.truncate(effect.after)
      this.step({ type: 'truncated' })
    } else if (effect.type === 'restart') {
      this.log.records = []
      this.log.origin = effect.origin
      this.step({ type: 'restarted' })
    } else if (effect.type === 'allocateEpoch') {
      const epoch = effect.above + 1
      this.step({ type: 'epochAllocated', epoch, nonce: `a-${epoch}` })
    } else if (effect.type === 'openEpoch') {
      const record = encodeEpochStart({ ...effect.start, wonAtMs: null })
      const batch = this.log.make(effect.start.epoch, EPOCH_START, record)
      this.log.append(batch)
      this.step({ type: 'appended', batch, configs: [] })
      this.advance()
    }
  }

  /** The disk has everything. */
  advance(): this {
    this.log.writtenIndex = this.log.tail.index
    this.log.syncedIndex = this.log.tail.index
    return this.step({ type: 'journalAdvanced' })
  }
}

import assert from 'node:assert/strict'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import { sameConfig } from '../../../src/replication/cluster-config.ts'
import type { Frame, FrameOf } from '../../../src/replication/frames.ts'
import { LOSS_ENTRIES_MAX } from '../../../src/replication/loss-history.ts'
import type { Promised, ReplicaMeta } from '../../../src/replication/meta.ts'
import { NO_PROMISE } from '../../../src/replication/meta.ts'
import type { FakeNode } from './fake-node.ts'

/**
 * Holds what one replica says and does against its disk, its log, and those that it speaks of. The
 * ledger knows what must be true of the cluster; this is what must be true of a node at every step.
 */
export class NodeWitness {
  readonly #node: FakeNode
  /** The promise that is answered next, with the first word on where the log ends. */
  #promising: Promised = NO_PROMISE
  /** How far the leader's log reached when it told us that ours matches. */
  #joinEnd = 0
  /** The last session that we, as leader, have matched with each follower's process. */
  readonly #matched = new Map<string, { session: number; incarnation: number }>()

  /** The last record that it has been counted for, as long as it is suspected of nothing. */
  #countedIndex = 0

  constructor(node: FakeNode) {
    this.#node = node
  }

  /** R33: a replica that was counted for what is gone says so. */
  starts(suspect: string | null): void {
    const { id, log } = this.#node
    const isSound = suspect !== null || log.length >= this.#countedIndex
    const lacks = this.#countedIndex - log.length
    assert.ok(isSound, `${id} trusts itself, was counted for ${lacks} more records (R33)`)
    this.#countedIndex = Math.min(this.#countedIndex, log.length)
  }

  /** The log was cut, or another store begins. */
  cut(after: number): void {
    this.#countedIndex = Math.min(this.#countedIndex, after)
  }

  /** As a leader that counts itself. */
  commits(index: number): void {
    const { log, sync } = this.#node
    this.#counts(Math.min(index, sync.leaderDisk ? log.syncedIndex : log.writtenIndex))
  }

  receives(frame: Frame): void {
    const isOfNow = frame.type === 'matched' && frame.epoch >= this.#node.meta.promised.epoch
    if (isOfNow) this.#joinEnd = frame.joinEnd
  }

  sends(to: string, frame: Frame): void {
    const node = this.#node
    const { ledger } = node.world
    if (frame.type === 'ack') {
      const isCleared = frame.suspect || node.meta.suspect === null
      assert.ok(isCleared, `${node.id} counts again before its disk says so (R35)`)
      if (!frame.suspect) this.#counts(frame.written)
      ledger.acked(node, frame)
    }
    if (frame.type === 'matched') {
      const { incarnation } = node.world.node(to)
      this.#matched.set(to, { session: frame.session, incarnation })
    }
    if (frame.type === 'abdicate') this.#checkHeir(frame.target)
    if (frame.type === 'fenceReply' && frame.promises) this.#checkPromise(to, frame)
    // In a session records come in that are of no concern for the promise.
    if (frame.type === 'tail') this.#promising = NO_PROMISE
    if (frame.type === 'ack' || frame.type === 'tail') ledger.saidInEpoch(node, frame.epoch)
    if (frame.type === 'sessionStart') ledger.saidInEpoch(node, frame.epoch)
    if (frame.type === 'fenceReply' && frame.promises) ledger.saidInEpoch(node, frame.epoch)
  }

  /** Before this is written to the disk. */
  persists(meta: ReplicaMeta): void {
    this.#checkSuspicion(meta)
    if (meta.promised.epoch > this.#node.meta.promised.epoch) this.#promising = meta.promised
  }

  /** R39: one change at a time, in an epoch whose start is committed. */
  changesConfig(next: ClusterConfig): void {
    const { id, log, replica } = this.#node
    const { lastConfig } = log
    const before = lastConfig?.index ?? 0
    const committed = replica?.commitIndex ?? 0
    assert.ok(before <= committed, `${id} changes seats before ${before} is committed (R39)`)
    // Taken or left, not both: quorums of the two have to meet (R40).
    const news = next.seats.filter((seat, i) => {
      const old = lastConfig?.config.seats[i] ?? null
      return seat !== null && old !== null && seat.storeUuid !== old.storeUuid
    })
    assert.equal(news.length, 0, `${id} swaps the store of a seat (R40)`)
  }

  /**
   * R39, R10: the last configuration of the log is in force, committed or not, and its losses are
   * known. Not while the log is cut.
   */
  checkHistory(): void {
    const { id, log, replica } = this.#node
    const last = log.lastConfig
    if (last === undefined || replica === null) return
    const same = sameConfig(last.config, replica.meta.configs.at(-1)?.config ?? null)
    assert.ok(same, `${id} has forgotten the configuration of record ${last.index} (R39)`)
    const known = replica.meta.losses.map(({ index }) => index)
    const told = log.losses.slice(-LOSS_ENTRIES_MAX).map(({ index }) => index)
    assert.deepEqual(known, told, `${id} does not know the losses of its log (R10)`)
  }

  /** R17: a leader believes of nobody to have what it has not, as long as they are in a session. */
  checkProgress(): void {
    const { id, world, replica } = this.#node
    const leadership = replica?.leadership
    if (!leadership) return
    for (const { peer, session, writtenIndex, syncedIndex } of leadership.followers) {
      const follower = world.node(peer.nodeId)
      if (!this.#isInSession(follower, session)) continue
      const { log } = follower
      const isTrue = writtenIndex <= log.writtenIndex && syncedIndex <= log.syncedIndex
      assert.ok(isTrue, `${id} counts ${writtenIndex} of ${follower.id}, which has less (R17)`)
    }
  }

  #counts(index: number): void {
    this.#countedIndex = Math.max(this.#countedIndex, index)
  }

  /**
   * That node is the process that we have matched in this session, and has promised nobody else.
   */
  #isInSession(other: FakeNode, session: number | undefined): boolean {
    const matched = this.#matched.get(other.id)
    const isSame = matched?.session === session && matched?.incarnation === other.incarnation
    return isSame && other.replica?.meta.promised.epoch === this.#node.openEpoch
  }

  /** R28: leadership is handed to a voter that needs nothing more. */
  #checkHeir(target: string): void {
    const { id, world, log } = this.#node
    const heir = world.nodes.get(target)
    if (heir === undefined || !this.#isInSession(heir, this.#matched.get(target)?.session)) return
    const lacks = log.length - heir.log.writtenIndex
    assert.ok(lacks <= 0, `${id} abdicates for ${target}, which lacks ${lacks} (R28)`)
  }

  /** R6, R7: the very promise is on the disk, and so is the end of the log that comes with it. */
  #checkPromise(to: string, { epoch, nonce, last }: FrameOf<'fenceReply'>): void {
    const { id, log, meta } = this.#node
    const { promised } = meta
    const isIt = promised.epoch === epoch && promised.candidate === to && promised.nonce === nonce
    assert.ok(isIt, `${id} promises ${epoch} to ${to}, its disk says otherwise (R6, R7)`)
    const isFirst = this.#promising.nonce === nonce && this.#promising.epoch === epoch
    this.#promising = NO_PROMISE
    const isWritten = !isFirst || last.index <= log.writtenIndex
    assert.ok(isWritten, `${id} tells ${last.index} as its end, which is not written (R7)`)
  }

  /** R35: nobody is relied upon again who has not got back what it may have lost. */
  #checkSuspicion({ suspect }: ReplicaMeta): void {
    const { id, log, meta, replica } = this.#node
    const isCleared = meta.suspect !== null && suspect === null
    if (!isCleared) return
    // R10: a leader's own log is what counts, once it says that something may be missing.
    const needs = replica?.leadership?.epochStartIndex ?? this.#joinEnd
    const has = log.syncedIndex
    assert.ok(has >= needs, `${id} is clean with ${has} of ${needs} (R35)`)
  }
}

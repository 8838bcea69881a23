import assert from 'node:assert/strict'
import type { BrokerObserver } from '@quorate/broker/ports'
import { sameConfig } from '@quorate/broker/replication/cluster-config'
import type { Frame } from '@quorate/broker/replication/frames'
import type { ReplicaMeta } from '@quorate/broker/replication/meta'
import type { ReplicaNode } from '@quorate/broker/replication/replica-node'
import type { ReplicaEffect, ReplicaEvent } from '@quorate/broker/replication/replica/events'
import type { LogBatch, LogPoint } from '@quorate/broker/store/journal/log-batch'
import type { LevelStore } from '@quorate/broker/store/leveldb/level-store'
import type {
  Holder,
  LeadingHolder,
  Ledger,
} from '../../../packages/broker/test/replication/world/ledger.ts'
import type { SyncLevel } from '@quorate/broker/replication/sync-level'
import { OP_TYPES } from '@quorate/broker/store/op-codec'
import type { Disk } from './disk.ts'
import { DiskWitness } from './disk-witness.ts'
import { isOfClients, opsOf } from './log-ops.ts'
import { LogWitness } from './log-witness.ts'
import { PlainFold } from './plain-fold.ts'
import type { Sighting } from './sightings.ts'
import { UncommittedWatch } from './uncommitted-watch.ts'
import type { WrittenOff } from './written-off.ts'

export interface WitnessOptions {
  readonly id: string
  readonly directory: string
  readonly disk: Disk
  readonly sync: SyncLevel
  readonly ledger: Ledger
  readonly writtenOff: WrittenOff
  /** Everybody's stores, for what may be given up (R10). */
  readonly everybody: () => readonly BrokerWitness[]
  readonly tell: (line: string) => void
  readonly sight: (what: Sighting) => void
  /** The node leads. */
  readonly elected: (epoch: number) => void
  /** Every frame but the regular ones, for traces that are read closely. */
  readonly tellFrame: (to: string, frame: Frame) => void
  readonly tellEvent: (event: ReplicaEvent) => void
}

/** The UUID of a store that does not exist, or not any more. */
export const NO_STORE = ''
/** Why a replica is suspect whose journal met damage at its start. */
const DAMAGED = 'the journal was corrupt'

/**
 * Sees everything that one node's replica wants, and holds it against the disk, the log and the
 * ledger of the whole cluster.
 */
export class BrokerWitness implements BrokerObserver, Holder {
  readonly id: string
  readonly log = new LogWitness()
  readonly onDisk: DiskWitness
  /** NO_STORE when there is none, or when a fault has destroyed it. */
  storeUuid = NO_STORE
  node: ReplicaNode | null = null
  store: LevelStore | null = null
  /** The node serves clients. */
  isLeading = false
  /** Told of each effect after its invariants were looked at: traps snap here. */
  onEffect: (effect: ReplicaEffect) => void = () => undefined
  readonly #options: WitnessOptions
  readonly #uncommitted = new UncommittedWatch()
  #openEpoch = 0
  #takeoverSequence = 0
  /** The log up to `#plainIndex`, folded in the plainest way. */
  #plain = new PlainFold()
  #plainIndex = 0
  #plainChain: number | undefined
  #wasSuspect = false
  #hadLease = false
  /** The disk was seen to say that its replica is in good standing. */
  #isKnownCleared = false
  /** The last record that it told others, or itself as the leader, to count it for. */
  #countedIndex = 0
  /** Damage of its log is known, and it is in doubt because of it. */
  #knowsDamage = false

  constructor(options: WitnessOptions) {
    this.id = options.id
    this.onDisk = new DiskWitness(options)
    this.#options = options
  }

  opened(node: ReplicaNode): void {
    const { meta } = node.replica
    if (meta.storeUuid !== this.storeUuid) this.#newStore(meta)
    // A log that decayed while it grew loses what was appended behind the damage as well.
    if (this.log.isRotten) this.#options.ledger.destroyed(this, node.journal.tail.index)
    this.#checkSuspicion(node)
    const gone = this.log.opened(node.journal)
    this.onDisk.forget()
    this.node = node
    this.isLeading = false
    this.#isKnownCleared = false
    this.#options.ledger.restarted(this)
    this.#options.ledger.promised(this, this.onDisk.meta.promised)
    this.#checkConfig()
    this.#checkMark(meta)
    const { tail } = node.journal
    if (node.replica.suspect !== null) this.#options.sight('a replica was suspect')
    if (node.replica.suspect === DAMAGED) {
      this.#options.sight('a damaged log was cut and fetched again')
    }
    const loss = gone.length === 0 ? '' : `, ${gone.length} records gone`
    this.#options.tell(`opens its store: ${tail.epoch}/${tail.index}${loss}${doubt(node)}`)
  }

  indexed(store: LevelStore): void {
    this.store = store
    const length = this.log.length
    const { index, chain } = store.appliedPoint
    const origin = this.node?.journal.origin.index ?? 0
    if (index > origin) this.#options.sight('an index was loaded from a checkpoint')
    else if (index > 0) this.#options.sight('an index was rebuilt from a later start')
    else if (length > 0) this.#options.sight('an index was rebuilt from the log')
    assert.ok(index <= length, `the index of ${this.id} is ahead of its log (R19)`)
    assert.equal(chain, this.log.chainAt(index) ?? 0, `the index of ${this.id} is of another log`)
  }

  /** Records with a body that somebody waits for, and that would be read back from the disk. */
  get bodiesOnDisk(): readonly number[] {
    const lists = [...(this.store?.fold.lists.values() ?? [])]
    const waiting = lists.flatMap((list) => [...list.pages()].flatMap((page) => [...page]))
    const onDisk = waiting.filter(({ body }) => body === null)
    return onDisk.map(({ position }) => this.log.indexAt(position))
  }

  stepped(event: ReplicaEvent, effects: readonly ReplicaEffect[]): void {
    this.#options.tellEvent(event)
    if (event.type === 'appended') this.#appended(event.batch)
    else if (event.type === 'persisted') {
      this.#options.ledger.promised(this, this.onDisk.meta.promised)
    } else if (event.type === 'restarted') {
      this.log.restarted()
      this.onDisk.mustHaveCut()
    } else if (event.type === 'truncated') {
      this.log.truncated()
      this.onDisk.mustHaveCut()
    }
    this.#noteSightings()
    for (const effect of effects) {
      this.#look(effect)
      this.onEffect(effect)
    }
    this.#checkApplied()
  }

  #appended(batch: LogBatch): void {
    this.log.append(batch)
    const { commitIndex = 0, leadership = null } = this.node?.replica ?? {}
    const isLate = leadership === null && isOfClients(batch)
    assert.ok(!isLate, `${this.id} appends what it took in a leadership that is over (R29, R47)`)
    if (this.isLeading) this.#uncommitted.appended(this.id, batch, this.log.length - commitIndex)
  }

  /** The process is gone. */
  ended(): void {
    this.log.closed()
    this.node = null
    this.store = null
    this.isLeading = false
  }

  /** The epoch that it won last. */
  get epoch(): number {
    return this.#openEpoch
  }

  /** Messages below it were stored before this node led. */
  get takeoverSequence(): number {
    return this.#takeoverSequence
  }

  get hasLease(): boolean {
    return this.node?.leaseValid() ?? false
  }

  #noteSightings(): void {
    const { sight } = this.#options
    const isSuspect = this.node?.replica.suspect != null
    if (this.#wasSuspect && !isSuspect) sight('a suspect replica was cleared')
    this.#wasSuspect = isSuspect
    if (!isSuspect) this.#knowsDamage = false
    const hasLease = this.isLeading && this.hasLease
    if (this.isLeading && this.#hadLease && !hasLease) sight('a leader lost its lease')
    this.#hadLease = hasLease
  }

  /** Messages of earlier epochs: each took the next sequence. */
  #countMessages(): number {
    let count = 0
    for (let i = 1; i <= this.log.length; i++) {
      const record = this.log.recordAt(i)
      if (record === undefined || record.epoch >= this.#openEpoch) break
      for (const { kind } of opsOf(record.batch)) if (kind === 'message') count++
    }
    return count
  }

  /** S8, at any time: what the index holds is what the log says up to where it was applied. */
  checkIndex(): void {
    const applied = this.store?.appliedIndex ?? 0
    // An index that was rebuilt, or loaded, may be behind what was compared before.
    if (this.store === null) return
    // A broker that ends has closed it: the pages that are only there cannot be read any more.
    if (!this.onDisk.disk.index.isOpen(`${this.#options.directory}/index`)) return
    // A loss that was reported gave records up that had been applied.
    if (this.log.chainAt(this.#plainIndex) !== this.#plainChain) this.#startPlainFold()
    if (applied < this.#plainIndex) return
    for (let i = this.#plainIndex + 1; i <= applied; i++) {
      const record = this.log.recordAt(i)
      assert.ok(record, `the index of ${this.id} is ahead of its log (S8)`)
      this.#plain.apply(record.batch)
    }
    this.#plainIndex = applied
    this.#plainChain = this.log.chainAt(applied)
    // Rebuilt from a later start: what was copied forward is not all there yet.
    const origin = this.node?.journal.origin.index ?? 0
    if (origin < Math.max(1, this.#plain.logStart)) this.#plain.compare(this.store, this.id)
  }

  /** R3: a store is given up when its meta file cannot be read any more, and never otherwise. */
  #newStore({ storeUuid }: ReplicaMeta): void {
    assert.equal(
      this.storeUuid,
      NO_STORE,
      `${this.id} gives up a store that nothing destroyed (R3)`,
    )
    this.storeUuid = storeUuid
    this.#countedIndex = 0
    this.log.truncate(0)
    this.log.truncated()
    this.#startPlainFold()
  }

  #startPlainFold(): void {
    this.#plain = new PlainFold()
    this.#plainIndex = 0
    this.#plainChain = undefined
  }

  #look(effect: ReplicaEffect): void {
    const { ledger, tell, sight } = this.#options
    switch (effect.type) {
      case 'send':
        this.#options.tellFrame(effect.to, effect.frame)
        this.#said(effect.frame)
        break
      case 'append':
        this.log.append(effect.batch)
        break
      case 'truncate':
        ledger.truncated(this, effect.after)
        sight('a diverged log was cut')
        this.log.truncate(effect.after)
        this.#countedIndex = Math.min(this.#countedIndex, effect.after)
        this.onDisk.cuts(this.log.recordAt(effect.after)?.endPosition ?? 0)
        tell(`cuts its log after ${effect.after}`)
        break
      case 'restart':
        this.#restart(effect.origin)
        break
      case 'openEpoch': {
        const { epoch, possibleLoss } = effect.start
        this.#openEpoch = epoch
        if (epoch > 1) sight('a follower was elected after the leader died')
        if (possibleLoss) sight('everybody had to be present for an election')
        ledger.elected(this.#leading(), epoch, possibleLoss ? this.#options.everybody() : null)
        tell(`wins epoch ${epoch}${possibleLoss ? ', something may be lost' : ''}`)
        break
      }
      case 'appendConfig':
        this.#checkChange()
        sight('a seat changed its store')
        break
      case 'commit': {
        const leads = this.node?.replica.leadership != null
        if (leads) this.#remember(ledger.knownTo(this.id), effect.index)
        ledger.committed(this, effect.index, leads ? this.#leading() : null)
        // The leader counts itself: what it counts has to be on its disk as well.
        if (leads) this.#checkMedium(Math.min(effect.index, this.log.syncedIndex))
        if (leads && !this.#wasSuspect) this.#counts(effect.index, this.#options.sync.leaderDisk)
        break
      }
      case 'lead':
        this.isLeading = true
        this.#takeoverSequence = this.#countMessages() + 1
        this.#options.elected(this.#openEpoch)
        tell(`leads in epoch ${this.#openEpoch}`)
        break
      case 'stepDown':
        if (this.isLeading) tell(`steps down: ${effect.reason}`)
        this.isLeading = false
        break
      default:
        break
    }
  }

  /**
   * R38: only what is committed is passed over, by a replica that says that it has lost its log.
   */
  #restart(origin: LogPoint): void {
    const { ledger, everybody, sight, tell } = this.#options
    ledger.mustBeTrue(origin, `${this.id} begins its log behind ${origin.index}`)
    const isKnown = this.onDisk.meta.incomplete
    assert.ok(isKnown, `${this.id} drops its log before its disk says that it is incomplete (R38)`)
    ledger.destroyed(this, 0)
    this.#countedIndex = 0
    const adopted = everybody()
      .map(({ log }) => log.upTo(origin))
      .find((records) => records !== null)
    assert.ok(adopted, `nobody has record ${origin.index}`)
    this.log.restart(adopted)
    // What it has folded is the beginning of nothing any more.
    this.store = null
    this.onDisk.cuts(0)
    sight('a log began again where its leader has its start')
    tell(`drops its log, to go on behind ${origin.index}`)
  }

  /** What is committed from now on counts as promised. */
  #remember(after: number, through: number): void {
    for (let i = after + 1; i <= through; i++) {
      const record = this.log.recordAt(i)
      if (record === undefined) continue
      this.#options.writtenOff.committed(i, record.batch)
      if (record.type === OP_TYPES.copies) this.#options.sight('messages were copied forward')
      if (record.type === OP_TYPES['log-start'])
        this.#options.sight('the start of the log moved up')
    }
  }

  #said(frame: Frame): void {
    const { ledger } = this.#options
    if (frame.type === 'ack') {
      const { suspect, synced } = frame
      if (!suspect && !this.#isKnownCleared) {
        const { suspect: inDoubt, incomplete } = this.onDisk.meta
        const isCleared = inDoubt === null && !incomplete
        assert.ok(isCleared, `${this.id} counts again before its disk says so (R35)`)
      }
      this.#isKnownCleared = !suspect
      ledger.acked(this, frame)
      this.#checkMedium(synced)
      if (!suspect) this.#counts(frame.written, this.#options.sync.followerDisk)
    }
    if (frame.type === 'ack' || frame.type === 'tail' || frame.type === 'sessionStart') {
      ledger.saidInEpoch(this, frame.epoch)
    }
    if (frame.type === 'fenceReply' && !frame.promises) {
      this.#options.sight('an epoch was refused by a voter')
    }
    if (frame.type === 'fenceReply' && frame.promises) ledger.saidInEpoch(this, frame.epoch)
  }

  /** S7: what is acknowledged as synced would survive the loss of power in this moment. */
  #checkMedium(synced: number): void {
    const { length } = this.log
    assert.ok(synced <= length, `${this.id} acknowledges ${synced} of ${length} records (S7)`)
    this.onDisk.mustHold(synced, this.log.recordAt(synced)?.endPosition ?? 0)
  }

  /** It is counted for what it holds up to there: what of it is synced, or all that is written. */
  #counts(index: number, onDisk: boolean): void {
    const { syncedIndex, writtenIndex } = this.log
    const held = Math.min(index, onDisk ? syncedIndex : writtenIndex)
    this.#countedIndex = Math.max(this.#countedIndex, held)
  }

  /**
   * R33: a replica that was counted for what is gone says so. Of what decays before a loss of power
   * it may know nothing: see docs/internals/journal-format.md.
   */
  #checkSuspicion({ replica, journal }: ReplicaNode): void {
    const { suspect } = replica
    const { index } = journal.tail
    const { isRotten, isUnpowered } = this.log
    const isGone = index < this.#countedIndex && !(isRotten && isUnpowered)
    assert.ok(
      !isGone || suspect !== null || replica.isIncomplete,
      `${this.id} was counted for ${this.#countedIndex}, has ${index}, and trusts itself (R33)`,
    )
    if (suspect === DAMAGED) {
      const isTrue = this.#knowsDamage || isRotten
      assert.ok(isTrue, `${this.id} calls its log damaged, which it is not (R32)`)
      this.#knowsDamage = true
    }
    this.#countedIndex = Math.min(this.#countedIndex, index)
  }

  /** R31: whatever happens from now on, the next start can tell that this process ran. */
  #checkMark({ bootId, sync, suspect }: ReplicaMeta): void {
    const { onDisk } = this
    const { clean, ...found } = onDisk.meta
    const isMarked = !clean && found.bootId === bootId && found.sync === sync
    assert.ok(isMarked, `the disk of ${this.id} does not say that its process runs (R31)`)
    const isSuspect = found.suspect === suspect
    assert.ok(isSuspect, `the disk of ${this.id} does not know that it is suspect (R33)`)
  }

  #leading(): LeadingHolder {
    const { id, storeUuid, log, node, isLeading } = this
    const config = node?.replica.meta.configs.at(-1)?.config
    assert.ok(config, `${id} leads without a configuration`)
    return {
      id,
      storeUuid,
      log,
      config,
      isSuspect: node?.replica.suspect !== null,
      isServing: isLeading,
      sync: this.#options.sync,
    }
  }

  /** R39: one change at a time, in an epoch whose start is committed. */
  #checkChange(): void {
    const before = this.log.lastConfig?.index ?? 0
    const committed = this.node?.replica.commitIndex ?? 0
    assert.ok(before <= committed, `${this.id} changes seats before ${before} is committed (R39)`)
  }

  /** R39: the configuration in force is the last one in the log. */
  #checkConfig(): void {
    const inLog = this.log.lastConfig
    const inForce = this.node?.replica.meta.configs.at(-1)
    if (inLog === undefined || inForce === undefined) return
    // R38: it begins later, and has yet to be given the segment that repeats the one in force.
    if (this.node?.journal.tail.index === this.node?.journal.origin.index) return
    const isSame = sameConfig(inForce.config, inLog.config)
    assert.ok(isSame, `${this.id} has another configuration than its log (R39)`)
  }

  /** S9, R19, R23: what is applied, and so what can be dispatched, is committed. */
  #checkApplied(): void {
    const applied = this.store?.appliedIndex ?? 0
    const committed = this.node?.replica.commitIndex ?? 0
    this.#options.ledger.mustBeCommitted(this, applied)
    // A restart finds an index that is ahead of what it knows to be committed.
    if (this.isLeading) {
      assert.ok(applied <= committed, `${this.id} applied ${applied}, committed ${committed} (S9)`)
    }
  }
}

function doubt(node: ReplicaNode): string {
  const { suspect } = node.replica
  return suspect === null ? '' : `, suspect: ${suspect}`
}

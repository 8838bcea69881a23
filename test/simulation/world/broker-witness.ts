import assert from 'node:assert/strict'
import type { BrokerObserver } from '@quorate/broker/ports'
import { sameConfig } from '@quorate/broker/replication/cluster-config'
import type { Frame } from '@quorate/broker/replication/frames'
import { decodeMeta } from '@quorate/broker/replication/meta'
import type { ReplicaMeta } from '@quorate/broker/replication/meta'
import type { ReplicaNode } from '@quorate/broker/replication/replica-node'
import type { ReplicaEffect, ReplicaEvent } from '@quorate/broker/replication/replica/events'
import { segmentFileName, segmentPosition } from '@quorate/broker/store/journal/segment'
import type { LevelStore } from '@quorate/broker/store/leveldb/level-store'
import { payloadIn } from '@quorate/broker/store/two-slot-file'
import type {
  Holder,
  LeadingHolder,
  Ledger,
} from '../../../packages/broker/test/replication/world/ledger.ts'
import type { Disk } from './disk.ts'
import { opsOf } from './log-ops.ts'
import { LogWitness } from './log-witness.ts'
import { PlainFold } from './plain-fold.ts'
import type { Sighting } from './sightings.ts'
import type { WrittenOff } from './written-off.ts'

export interface WitnessOptions {
  readonly id: string
  readonly directory: string
  readonly disk: Disk
  readonly ledger: Ledger
  readonly writtenOff: WrittenOff
  /** Everybody's stores, for what may be given up (R10). */
  readonly everybody: () => readonly Holder[]
  readonly tell: (line: string) => void
  readonly sight: (what: Sighting) => void
  /** The node leads. */
  readonly elected: (epoch: number) => void
  /** Every frame but the regular ones, for traces that are read closely. */
  readonly tellFrame: (to: string, frame: Frame) => void
  readonly tellEvent: (event: ReplicaEvent) => void
}

/**
 * Sees everything that one node's replica wants, and holds it against the disk, the log and the
 * ledger of the whole cluster.
 */
export class BrokerWitness implements BrokerObserver, Holder {
  readonly id: string
  readonly log = new LogWitness()
  storeUuid = ''
  /** Replaced when the node gets another one. */
  disk: Disk
  node: ReplicaNode | null = null
  store: LevelStore | null = null
  /** The node serves clients. */
  isLeading = false
  /** Told of each effect after its invariants were looked at: traps snap here. */
  onEffect: (effect: ReplicaEffect) => void = () => undefined
  readonly #options: WitnessOptions
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
  /** Byte position up to which the journal was found on the medium. */
  #durablePosition = 0

  constructor(options: WitnessOptions) {
    this.id = options.id
    this.disk = options.disk
    this.#options = options
  }

  opened(node: ReplicaNode): void {
    const { meta } = node.replica
    if (meta.storeUuid !== this.storeUuid) this.#newStore(meta)
    // A log that decayed while it grew loses what was appended behind the damage as well.
    if (this.log.isRotten) this.#options.ledger.destroyed(this, node.journal.tail.index)
    const gone = this.log.opened(node.journal)
    this.#durablePosition = 0
    this.node = node
    this.isLeading = false
    this.#isKnownCleared = false
    this.#options.ledger.restarted(this)
    this.#options.ledger.promised(this, this.#metaOnDisk().promised)
    this.#checkConfig()
    const { tail } = node.journal
    if (node.replica.suspect !== null) this.#options.sight('a replica was suspect')
    if (node.replica.suspect === 'the journal was corrupt') {
      this.#options.sight('a damaged log was cut and fetched again')
    }
    const loss = gone.length === 0 ? '' : `, ${gone.length} records gone`
    this.#options.tell(`opens its store: ${tail.epoch}/${tail.index}${loss}${doubt(node)}`)
  }

  indexed(store: LevelStore): void {
    this.store = store
    const length = this.log.length
    const { index, chain } = store.appliedPoint
    if (index > 0) this.#options.sight('an index was loaded from a checkpoint')
    else if (length > 0) this.#options.sight('an index was rebuilt from the log')
    assert.ok(index <= length, `the index of ${this.id} is ahead of its log (R19)`)
    assert.equal(chain, this.log.chainAt(index) ?? 0, `the index of ${this.id} is of another log`)
  }

  stepped(event: ReplicaEvent, effects: readonly ReplicaEffect[]): void {
    this.#options.tellEvent(event)
    if (event.type === 'appended') this.log.append(event.batch)
    else if (event.type === 'persisted') {
      this.#options.ledger.promised(this, this.#metaOnDisk().promised)
    } else if (event.type === 'truncated') {
      this.log.truncated()
      this.#durablePosition = 0
    }
    this.#noteSightings()
    for (const effect of effects) {
      this.#look(effect)
      this.onEffect(effect)
    }
    this.#checkApplied()
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

  /** Changes a byte of the log on the medium. False when no file holds it. */
  flip(position: number, mask: number): boolean {
    const { files } = this.disk
    const start = this.#segmentStarts().findLast((at) => at <= position)
    if (start === undefined) return false
    const path = `${this.#journalPath}/${segmentFileName(start)}`
    if (position - start >= (files.content(path)?.length ?? 0)) return false
    files.flip(path, position - start, mask)
    return true
  }

  get #journalPath(): string {
    return `${this.#options.directory}/journal`
  }

  #segmentStarts(): number[] {
    return this.disk.files
      .names(this.#journalPath)
      .map(segmentPosition)
      .filter((position) => position !== null)
      .sort((a, b) => a - b)
  }

  #noteSightings(): void {
    const { sight } = this.#options
    const isSuspect = this.node?.replica.suspect != null
    if (this.#wasSuspect && !isSuspect) sight('a suspect replica was cleared')
    this.#wasSuspect = isSuspect
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
    this.#plain.compare(this.store, this.id)
  }

  #newStore({ storeUuid }: ReplicaMeta): void {
    this.storeUuid = storeUuid
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
        tell(`cuts its log after ${effect.after}`)
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

  /** What is committed from now on counts as promised. */
  #remember(after: number, through: number): void {
    for (let i = after + 1; i <= through; i++) {
      const record = this.log.recordAt(i)
      if (record !== undefined) this.#options.writtenOff.committed(i, record.batch)
    }
  }

  #said(frame: Frame): void {
    const { ledger } = this.#options
    if (frame.type === 'ack') {
      const { suspect, synced } = frame
      if (!suspect && !this.#isKnownCleared) {
        const isCleared = this.#metaOnDisk().suspect === null
        assert.ok(isCleared, `${this.id} counts again before its disk says so (R35)`)
      }
      this.#isKnownCleared = !suspect
      ledger.acked(this, frame)
      this.#checkMedium(synced)
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
    const end = this.log.recordAt(synced)?.endPosition ?? 0
    const starts = this.#segmentStarts()
    for (const [i, start] of starts.entries()) {
      const from = Math.max(start, this.#durablePosition)
      const to = Math.min(end, starts[i + 1] ?? end)
      if (from >= to) continue
      const path = `${this.#journalPath}/${segmentFileName(start)}`
      const isDurable = this.disk.files.isDurable(path, from - start, to - start)
      assert.ok(isDurable, `${this.id} acknowledges ${synced}, which its disk does not hold (S7)`)
    }
    this.#durablePosition = Math.max(this.#durablePosition, end)
  }

  #metaOnDisk(): ReplicaMeta {
    const { disk } = this
    const { directory } = this.#options
    const content = disk.files.medium(`${directory}/meta`)
    const payload = content && payloadIn(content)
    assert.ok(payload, `${this.id} runs without a meta file on its disk (R7)`)
    return decodeMeta(payload)
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
    const isSame = sameConfig(inForce.config, inLog.config)
    assert.ok(isSame, `${this.id} has another configuration than its log (R39)`)
  }

  /** S9, R19, R23: what is applied, and so what can be dispatched, is committed. */
  #checkApplied(): void {
    const applied = this.store?.appliedIndex ?? 0
    const committed = this.node?.replica.commitIndex ?? 0
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

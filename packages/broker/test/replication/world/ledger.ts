import assert from 'node:assert/strict'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import type { FrameOf } from '../../../src/replication/frames.ts'
import { EPOCH_START } from '../../../src/replication/log-records.ts'
import type { Promised } from '../../../src/replication/meta.ts'
import type { SyncLevel } from '../../../src/replication/sync-level.ts'

/** Type of the records that clients send. */
export const DATA = 99

/** What a store's log holds, told apart from what it has written and synced. */
export interface LogPicture {
  /** Index of the last record; the first is 1. */
  readonly length: number
  readonly writtenIndex: number
  readonly syncedIndex: number
  readonly tail: { readonly epoch: number }
  chainAt(index: number): number | undefined
  recordAt(index: number): RecordPicture | undefined
  /** Epochs whose first record tells of a possible loss, ascending (R10). */
  readonly lossEpochs: readonly number[]
}

export interface RecordPicture {
  readonly epoch: number
  readonly chain: number
  readonly type: number
  readonly payload: string
}

/** Counted here once more: what is judged does not judge. */
function quorumOf({ seats }: ClusterConfig): number {
  return Math.floor(seats.length / 2) + 1
}

/** One store's log, as the ledger sees it. */
export interface Holder {
  readonly id: string
  readonly storeUuid: string
  readonly log: LogPicture
}

export interface LeadingHolder extends Holder {
  readonly config: ClusterConfig
  readonly isSuspect: boolean
  readonly isServing: boolean
  /** The word that it leads with, which need not be the others'. */
  readonly sync: Disks
}

type Disks = Pick<SyncLevel, 'leaderDisk' | 'followerDisk'>

/** Per record, by its chain: the stores of which something is true. */
class StoresByRecord {
  readonly #stores = new Map<number, Set<string>>()

  of(chain: number): ReadonlySet<string> {
    return this.#stores.get(chain) ?? new Set()
  }

  /** Returns false when it was known already. */
  add(chain: number, store: string): boolean {
    const stores = this.#stores.get(chain) ?? new Set<string>()
    this.#stores.set(chain, stores)
    const isNew = !stores.has(store)
    stores.add(store)
    return isNew
  }

  delete(chain: number, store: string): void {
    this.#stores.get(chain)?.delete(store)
  }
}

/**
 * What is true of the whole cluster and must stay so: invariants S1 to S7 and S10. It knows more
 * than any replica: which store told whom that it holds what, and which copies were destroyed.
 */
export class Ledger {
  readonly alarms: string[] = []
  /** Chain of each committed record, by index: the truth. */
  readonly #truth: number[] = []
  /** In which epoch it was committed, by index. */
  readonly #committedIn: number[] = []
  readonly #leaders = new Map<number, string>()
  readonly #known = new Map<string, number>()
  readonly #confirmed = new Map<string, number>()
  readonly #promises = new Map<string, number>()
  /** Stores that told a leader, as voters in good standing, that they hold a record. */
  readonly #ackedInMemory = new StoresByRecord()
  readonly #ackedOnDisk = new StoresByRecord()
  /** Stores that held a record and lost it, otherwise than by a cut that their leader asked for. */
  readonly #destroyed = new StoresByRecord()
  /** Committed records that were gone from every store, and reported as possibly lost. */
  reportedLosses = 0
  /** The last epoch that was won with a possible loss (R10). */
  #riskedIn = 0
  /** Told of each such loss: the committed records from this index on are given up. */
  onLoss: (from: number) => void = () => undefined

  /** The test itself has destroyed a quorum's copies: a new truth begins. */
  forget(): void {
    this.#truth.length = 0
    this.#committedIn.length = 0
    this.#known.clear()
    this.#confirmed.clear()
    this.#riskedIn = 0
  }

  isConfirmed(payload: string): boolean {
    return this.#confirmed.has(payload)
  }

  /** The last record that this node said to be committed. */
  knownTo(id: string): number {
    return this.#known.get(id) ?? 0
  }

  /** Leaderships so far. */
  get epochs(): number {
    return this.#leaders.size
  }

  get confirmed(): readonly string[] {
    return [...this.#confirmed.keys()]
  }

  /** S2: what is promised on the disk never goes back. */
  promised({ storeUuid }: Holder, { epoch }: Promised): void {
    const before = this.#promises.get(storeUuid) ?? 0
    assert.ok(epoch >= before, `${storeUuid} forgets its promise of ${before} (S2)`)
    this.#promises.set(storeUuid, epoch)
  }

  /** R7: whatever rests on a promise is said only after the promise is durable. */
  saidInEpoch({ storeUuid }: Holder, epoch: number): void {
    const durable = this.#promises.get(storeUuid) ?? 0
    assert.ok(durable >= epoch, `${storeUuid} speaks in epoch ${epoch}, promised ${durable} (R7)`)
  }

  /** S7: nothing is acknowledged that is not held. */
  acked({ id, storeUuid, log }: Holder, frame: FrameOf<'ack'>): void {
    assert.ok(frame.synced <= log.syncedIndex, `${id} acknowledges what is not synced (S7)`)
    assert.ok(frame.written <= log.writtenIndex, `${id} acknowledges what is not written (S7)`)
    if (frame.suspect) return
    addDown(this.#ackedInMemory, log, frame.written, storeUuid)
    addDown(this.#ackedOnDisk, log, frame.synced, storeUuid)
  }

  /** S6: no record that is committed is cut. */
  truncated({ id, storeUuid, log }: Holder, after: number): void {
    for (let i = after + 1; i <= log.length; i++) {
      const chain = log.chainAt(i) as number
      assert.notEqual(chain, this.#truth[i], `${id} cuts the committed record ${i} (S6)`)
      this.#ackedInMemory.delete(chain, storeUuid)
      this.#ackedOnDisk.delete(chain, storeUuid)
    }
  }

  /** A power cut, a wiped or a damaged disk: the records behind `kept` are gone. */
  destroyed({ storeUuid, log }: Holder, kept: number): void {
    for (let i = kept + 1; i <= log.writtenIndex; i++) {
      this.#destroyed.add(log.chainAt(i) as number, storeUuid)
    }
  }

  /** S1, S5: one leader per epoch, and it holds everything that was committed in earlier ones. */
  elected(leader: LeadingHolder, epoch: number, exempt: readonly Holder[] | null): void {
    const { id, log } = leader
    const other = this.#leaders.get(epoch)
    assert.ok(other === undefined || other === id, `${id} and ${other} lead epoch ${epoch} (S1)`)
    this.#leaders.set(epoch, id)
    if (exempt === null) this.#mustTell(leader, epoch)
    else this.#riskedIn = Math.max(this.#riskedIn, epoch)
    const missing = this.#truth.findIndex(
      (chain, i) => (this.#committedIn[i] ?? epoch) < epoch && chain !== log.chainAt(i),
    )
    if (missing < 0) return
    assert.ok(exempt !== null, `${id} leads epoch ${epoch} without record ${missing} (S5)`)
    this.#writeOff(missing, { everybody: exempt, quorum: quorumOf(leader.config) })
  }

  committed(holder: Holder, index: number, leading: LeadingHolder | null): void {
    const { id, log } = holder
    assert.ok(index <= log.length, `${id} commits ${index} beyond its log (S4)`)
    const from = this.#known.get(id) ?? 0
    for (let i = from + 1; i <= index; i++) {
      const chain = log.chainAt(i) as number
      const truth = this.#truth[i]
      assert.ok(
        truth === chain || (truth === undefined && leading !== null),
        `${id}: ${i} (S3, S4)`,
      )
      if (leading !== null) this.#commitOne(leading, i)
    }
    if (leading !== null && index > from) this.#mustBeAcked(leading, index, leading.sync)
    this.#known.set(id, Math.max(from, index))
  }

  /** R10: whoever leads later has it in the log that something may be missing. */
  #mustTell({ id, log }: Holder, epoch: number): void {
    const risked = this.#riskedIn
    const isTold = epoch < risked || (log.lossEpochs.at(-1) ?? 0) >= risked
    assert.ok(isTold, `${id} leads ${epoch} without a word of what ${risked} may lack (R10)`)
  }

  /** The process ended: what it knew of the commit is forgotten, and asked of it anew. */
  restarted({ id }: Holder): void {
    this.#known.delete(id)
  }

  /** S5, S11: in the end everybody holds everything that is committed. */
  mustBeHeldBy({ id, log }: Holder): void {
    this.#truth.forEach((chain, i) => assert.equal(log.chainAt(i), chain, `${id} lacks ${i} (S11)`))
  }

  /**
   * S9: what a store has applied is committed. A loss that was reported takes some of that back.
   */
  mustBeCommitted({ id, log }: Holder, applied: number): void {
    if (applied === 0 || this.reportedLosses > 0) return
    const isCommitted = this.#truth[applied] === log.chainAt(applied)
    assert.ok(isCommitted, `${id} applied ${applied}, which is not committed (S9)`)
  }

  /** Everything up to this point of a log is committed. */
  mustBeTrue({ index, chain }: { readonly index: number; readonly chain: number }, what: string) {
    assert.equal(this.#truth[index], chain, `${what}, which is not committed (R38)`)
  }

  #commitOne(leading: LeadingHolder, i: number): void {
    const { log, isServing } = leading
    const record = log.recordAt(i)
    assert.ok(record)
    const { chain, epoch } = record
    this.#committedIn[i] ??= log.tail.epoch
    this.#truth[i] = chain
    const isOwnStart = record.type === EPOCH_START && epoch === log.tail.epoch
    // R20: on a quorum's disks, whatever the mode.
    if (isOwnStart && !isServing) {
      this.#mustBeAcked(leading, i, { leaderDisk: true, followerDisk: true })
    }
    if (isServing && record.type === DATA) this.#confirmed.set(record.payload, i)
  }

  /** R21, S10: a quorum of the configured voters, in good standing, said so. */
  #mustBeAcked(leading: LeadingHolder, index: number, on: Disks): void {
    const { id, storeUuid, log, config, isSuspect } = leading
    const chain = log.chainAt(index) as number
    const own = index <= (on.leaderDisk ? log.syncedIndex : log.writtenIndex) && !isSuspect
    const acked = on.followerDisk ? this.#ackedOnDisk : this.#ackedInMemory
    const counted = config.seats.filter((seat) => {
      if (seat === null) return false
      return seat.storeUuid === storeUuid ? own : acked.of(chain).has(seat.storeUuid)
    })
    const enough = counted.length >= quorumOf(config)
    assert.ok(enough, `${id} commits ${index} with ${counted.length} acknowledgements (R21, S10)`)
  }

  /** R10: allowed only if a quorum's copies were destroyed and nobody has one left. */
  #writeOff(from: number, of: { readonly everybody: readonly Holder[]; readonly quorum: number }) {
    for (let i = from; i < this.#truth.length; i++) {
      const chain = this.#truth[i] as number
      const holder = of.everybody.find(({ log }) => log.chainAt(i) === chain)
      assert.equal(holder, undefined, `record ${i} is given up, but ${holder?.id} has it (R10)`)
      const copies = this.#destroyed.of(chain).size
      assert.ok(copies >= of.quorum, `record ${i} is given up after ${copies} losses (R10)`)
      this.reportedLosses++
    }
    this.onLoss(from)
    this.#truth.length = from
    this.#committedIn.length = from
    for (const [id, known] of this.#known) this.#known.set(id, Math.min(known, from - 1))
    for (const [payload, i] of this.#confirmed) if (i >= from) this.#confirmed.delete(payload)
  }
}

/** Whoever holds a record holds all before it: goes down until that is known. */
function addDown(stores: StoresByRecord, log: LogPicture, index: number, storeUuid: string): void {
  for (let i = index; i > 0; i--) {
    if (!stores.add(log.chainAt(i) as number, storeUuid)) return
  }
}

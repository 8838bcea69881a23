import { Backlog } from '../../../src/engine/dispatch/backlog.ts'
import type { BacklogPort, Receiver } from '../../../src/engine/dispatch/backlog.ts'
import { BodyLoader } from '../../../src/engine/dispatch/body-loader.ts'
import { Dispatcher } from '../../../src/engine/dispatch/dispatcher.ts'
import type { Entry } from '../../../src/engine/dispatch/entry.ts'
import { MemoryBudget } from '../../../src/engine/dispatch/memory-budget.ts'
import { WindowSpace } from '../../../src/engine/dispatch/window-space.ts'
import {
  defaultPolicy,
  DestinationPolicies,
} from '../../../src/engine/policy/destination-policy.ts'
import { WINDOW_BYTES_MAX, WINDOWS_ENTRIES_MAX } from '../../../src/engine/policy/limits.ts'
import type { StoredList, StoredMessage } from '../../../src/store/message-store.ts'
import { nameOf } from '../engine-harness.ts'

interface Fetch {
  readonly list: number
  readonly count: number
  readonly done: (bodies: readonly (Buffer | null)[]) => void
}

/** So many messages of so many bytes each. */
interface Filling {
  readonly count: number
  readonly length: number
}

/** All messages have it, however long they say they are: the tests count bytes, and have none. */
const BODY = Buffer.from('x')

/** Backlogs over a store whose bodies arrive when the test says so. */
export class BacklogBench {
  readonly windows = new WindowSpace(WINDOW_BYTES_MAX, WINDOWS_ENTRIES_MAX)
  /** In the order they began. */
  readonly fetched: Fetch[] = []
  peakUnderWay = 0
  peakBytes = 0
  peakEntries = 0
  readonly #lists = new Map<number, StoredList>()
  readonly #turns: (() => void)[] = []
  readonly #underWay: Fetch[] = []
  readonly #port: BacklogPort
  #nextSequence = 1

  constructor() {
    const dispatcher = new Dispatcher({
      turn: { schedule: (work) => this.#turns.push(work) },
      lease: { valid: () => true },
      gather: () => {},
    })
    const store = {
      nextSequence: 0,
      list: (id: number) => this.#lists.get(id),
      fetch: (messages: readonly StoredMessage[], done: Fetch['done']) => {
        this.#begin({ list: messages[0]?.list ?? 0, count: messages.length, done })
      },
    }
    this.#port = {
      store: store as unknown as BacklogPort['store'],
      dispatcher,
      acks: { add: () => {} } as unknown as BacklogPort['acks'],
      memory: new MemoryBudget(1 << 20),
      spiller: null,
      keepsExpired: () => false,
      policies: new DestinationPolicies([], defaultPolicy),
      windows: this.windows,
      loader: new BodyLoader(this.windows, dispatcher),
      takeoverSequence: 0,
      takeoverDoubtMax: 0,
      wallMs: () => 0,
      expired: () => {},
    }
  }

  /** A backlog of messages that lie in the journal alone. */
  list({ count, length }: Filling): Backlog {
    const id = this.#lists.size + 1
    const first = this.#nextSequence
    this.#nextSequence += count
    this.#lists.set(id, new Messages({ id, first, count, size: length }))
    return new Backlog(this.#port, nameOf(`Q${id}`), id)
  }

  /** So many of them. */
  lists(number: number, filling: Filling): Backlog[] {
    return Array.from({ length: number }, () => this.list(filling))
  }

  remove({ listId }: Backlog): void {
    this.#lists.set(listId, new Messages({ id: listId, first: 0, count: 0, size: 0 }))
  }

  /** Runs the turns that are due. */
  turn(): void {
    while (this.#turns.length > 0) {
      this.#turns.shift()?.()
      this.#look()
    }
  }

  /** The bodies arrive, in the order they were asked for, until none is asked for any more. */
  finishAll(): void {
    this.turn()
    for (let next = this.#underWay.shift(); next !== undefined; next = this.#underWay.shift()) {
      next.done(new Array<Buffer>(next.count).fill(BODY))
      this.turn()
    }
  }

  #begin(fetch: Fetch): void {
    this.fetched.push(fetch)
    this.#underWay.push(fetch)
    this.peakUnderWay = Math.max(this.peakUnderWay, this.#underWay.length)
    this.#look()
  }

  #look(): void {
    this.peakBytes = Math.max(this.peakBytes, this.windows.bodies.usedBytes)
    this.peakEntries = Math.max(this.peakEntries, this.windows.entries)
  }
}

/** Takes so many messages, and says when it has room again. */
export class TestReceiver implements Receiver {
  readonly priority = 0
  readonly exclusive: boolean
  readonly taken: { readonly list: number; readonly place: number }[] = []
  free: number
  wake: () => void = () => {}

  constructor(free: number, exclusive = false) {
    this.free = free
    this.exclusive = exclusive
  }

  accepts(): boolean {
    return true
  }

  deliver(source: Backlog, entries: readonly Entry[]): void {
    this.free -= entries.length
    for (const { place } of entries) this.taken.push({ list: source.listId, place })
  }

  sourceLoaded(): void {}

  makeRoom(count: number): void {
    this.free += count
    this.wake()
  }

  /** Whether each list's messages came in order. */
  isInOrder(): boolean {
    const last = new Map<number, number>()
    return this.taken.every(({ list, place }) => {
      const isNext = place > (last.get(list) ?? 0)
      last.set(list, place)
      return isNext
    })
  }
}

interface Size {
  readonly id: number
  readonly first: number
  readonly count: number
  readonly size: number
}

class Messages implements StoredList {
  readonly id: number
  readonly length: number
  readonly bytes: number
  readonly #size: Size

  constructor(size: Size) {
    this.id = size.id
    this.length = size.count
    this.bytes = size.count * size.size
    this.#size = size
  }

  next(after: number, limit: number): StoredMessage[] {
    const { first, count } = this.#size
    const from = Math.max(first, after + 1)
    const length = Math.max(0, Math.min(limit, first + count - from))
    return Array.from({ length }, (_, i) => this.#message(from + i))
  }

  get(sequence: number): StoredMessage | undefined {
    return this.next(sequence - 1, 1)[0]
  }

  #message(sequence: number): StoredMessage {
    return {
      sequence,
      list: this.id,
      position: 0,
      length: this.#size.size,
      priority: 4,
      expirationMs: 0,
      redeliveries: 0,
      body: null,
    }
  }
}

import type { DestinationAnswer, NodeFacts } from './answers.ts'
import { encoded } from './encoded.ts'
import {
  HISTORY_SECONDS_MAX,
  RECONNECT_FIRST_MS,
  RECONNECT_LAST_MS,
  ROW_HISTORY_SECONDS_MAX,
  SAMPLE_MS,
  SILENT_MS,
  WATCHED_CHARS_MAX,
} from './limits.ts'

export type LiveState = 'connecting' | 'live' | 'lost'

/** Figures of one moment. */
export interface Sample<T> {
  readonly atMs: number
  readonly facts: T
}

/** What is known now; another object after each change. */
export interface LivePicture {
  readonly state: LiveState
  readonly node: NodeFacts | null
  readonly nodeHistory: readonly Sample<NodeFacts>[]
  /** By `queue://ORDERS`, of what is watched. */
  readonly destinations: ReadonlyMap<string, DestinationAnswer>
  readonly histories: ReadonlyMap<string, readonly Sample<DestinationAnswer>[]>
}

const NOTHING: LivePicture = {
  state: 'connecting',
  node: null,
  nodeHistory: [],
  destinations: new Map(),
  histories: new Map(),
}

/**
 * The one stream of events of this page. It is closed while nobody sees the page, since a node has
 * room for few of them, and opened again, later and later, when it is lost.
 */
export class Live {
  picture: LivePicture = NOTHING
  readonly #listeners = new Set<() => void>()
  #watched: readonly string[] = []
  #source: EventSource | null = null
  #retry: number | undefined
  #delayMs = RECONNECT_FIRST_MS
  #heardMs = 0

  start(): void {
    document.addEventListener('visibilitychange', () => this.#visible(!document.hidden))
    window.setInterval(() => {
      this.#listen()
      this.#sample()
    }, SAMPLE_MS)
    this.#visible(!document.hidden)
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Watches these destinations from now on, as many of them as fit; in whatever order. */
  watch(destinations: readonly string[]): void {
    const fitting = withinChars(destinations).toSorted()
    if (JSON.stringify(fitting) === JSON.stringify(this.#watched)) return
    this.#watched = fitting
    const isKept = new Set(fitting)
    const kept = <T>(map: ReadonlyMap<string, T>) =>
      new Map([...map].filter(([name]) => isKept.has(name)))
    const { destinations: known, histories } = this.picture
    this.#change({ destinations: kept(known), histories: kept(histories) })
    if (this.#source !== null) this.#open()
  }

  #visible(isSeen: boolean): void {
    if (isSeen) this.#open()
    else this.#close()
  }

  #open(): void {
    this.#close()
    const query = this.#watched.map((name) => `watch=${encoded(name)}`).join('&')
    const source = new EventSource(`/api/v1/events${query === '' ? '' : `?${query}`}`)
    this.#source = source
    this.#heardMs = performance.now()
    // A new stream tells everything again; what was told before may be of another leadership.
    let isFirst = true
    source.addEventListener('node', ({ data }: MessageEvent<string>) => {
      const told = JSON.parse(data) as NodeFacts
      const node = isFirst ? told : { ...this.picture.node, ...told }
      const isAnew = isFirst || node.role !== 'leader'
      isFirst = false
      this.#delayMs = RECONNECT_FIRST_MS
      this.#heardMs = performance.now()
      this.#change({ state: 'live', node, ...(isAnew ? { destinations: new Map() } : {}) })
    })
    source.addEventListener('beat', () => (this.#heardMs = performance.now()))
    source.addEventListener('destinations', ({ data }: MessageEvent<string>) => {
      this.#destinations(JSON.parse(data) as DestinationsEvent)
    })
    source.addEventListener('error', () => this.#lost())
  }

  #lost(): void {
    this.#close()
    this.#change({ state: 'lost' })
    this.#retry = window.setTimeout(() => this.#open(), this.#delayMs)
    this.#delayMs = Math.min(2 * this.#delayMs, RECONNECT_LAST_MS)
  }

  #close(): void {
    window.clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = null
  }

  #destinations({ changed, gone }: DestinationsEvent): void {
    const destinations = new Map(this.picture.destinations)
    for (const facts of changed) {
      const before = destinations.get(facts.destination)
      destinations.set(facts.destination, { ...before, ...facts } as DestinationAnswer)
    }
    for (const name of gone) destinations.delete(name)
    this.#change({ destinations })
  }

  /** A machine that lost its power, or a process that hangs, closes no connection. */
  #listen(): void {
    if (this.#source !== null && performance.now() - this.#heardMs > SILENT_MS) this.#lost()
  }

  #sample(): void {
    const { state, node, nodeHistory, destinations } = this.picture
    if (state !== 'live' || node === null || document.hidden) return
    const atMs = performance.now()
    const histories = new Map(
      [...destinations].map(([name, facts]) => {
        const before = this.picture.histories.get(name) ?? []
        return [name, lengthened(before, { atMs, facts }, ROW_HISTORY_SECONDS_MAX)]
      }),
    )
    this.#change({
      histories,
      nodeHistory: lengthened(nodeHistory, { atMs, facts: node }, HISTORY_SECONDS_MAX),
    })
  }

  #change(changes: Partial<LivePicture>): void {
    this.picture = { ...this.picture, ...changes }
    for (const listener of this.#listeners) listener()
  }
}

interface DestinationsEvent {
  /** The fields that are different; all of them the first time. */
  readonly changed: readonly (Partial<DestinationAnswer> & { readonly destination: string })[]
  readonly gone: readonly string[]
}

function lengthened<T>(
  history: readonly Sample<T>[],
  sample: Sample<T>,
  most: number,
): readonly Sample<T>[] {
  return [...history.slice(-(most - 1)), sample]
}

function withinChars(names: readonly string[]): readonly string[] {
  let chars = 0
  return names.filter((name) => {
    chars += encoded(name).length + 'watch=&'.length
    return chars <= WATCHED_CHARS_MAX
  })
}

import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Administration } from '../../../engine/administration/administration.ts'
import { destinationAnswer } from '../routes/destination-words.ts'
import type { DestinationAnswer } from '../routes/destination-words.ts'
import { changedFields } from './changed-fields.ts'
import type { NodeFacts } from './node-facts.ts'

/** Bytes that may wait for one stream to be read; who reads slower is cut off. */
export const STREAM_BUFFER_BYTES_MAX = 1 << 20

/** Where the events of one stream are written: a response, in the broker. */
export interface EventSink {
  readonly writableLength: number
  write(text: string): unknown
  destroy(): unknown
}

/** One client that watches: what it asked for, and what it was told last. */
export class EventStream {
  readonly #sink: EventSink
  readonly #watched: readonly DestinationName[]
  #node: NodeFacts | null = null
  readonly #told = new Map<string, DestinationAnswer>()

  constructor(sink: EventSink, watched: readonly DestinationName[]) {
    this.#sink = sink
    this.#watched = watched
  }

  /** Tells what has changed since the last time. false: it has been cut off, it does not read. */
  tell(node: NodeFacts, engine: Administration | null): boolean {
    this.#tellNode(node)
    if (engine === null) this.#told.clear()
    else this.#tellDestinations(engine)
    return this.#keepsUp()
  }

  /**
   * Something has to be written now and then, or a connection that is gone is never noticed: by us,
   * nor by who reads it. An event, since a page is not told of comments.
   */
  beat(): boolean {
    this.#write('beat', {})
    return this.#keepsUp()
  }

  close(): void {
    this.#sink.destroy()
  }

  #tellNode(node: NodeFacts): void {
    const changed = this.#node === null ? node : changedFields(this.#node, node)
    this.#node = node
    if (changed !== null) this.#write('node', changed)
  }

  #tellDestinations(engine: Administration): void {
    const changed: object[] = []
    const gone: string[] = []
    for (const name of this.#watched) {
      const key = formatDestination(name)
      const before = this.#told.get(key)
      const entry = engine.find(name)
      if (entry === undefined) {
        if (this.#told.delete(key)) gone.push(key)
        continue
      }
      const now = destinationAnswer(entry)
      this.#told.set(key, now)
      const fields = before === undefined ? now : changedFields(before, now)
      if (fields !== null) changed.push({ ...fields, destination: key })
    }
    if (changed.length + gone.length > 0) this.#write('destinations', { changed, gone })
  }

  #write(event: string, data: object): void {
    this.#sink.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #keepsUp(): boolean {
    if (this.#sink.writableLength <= STREAM_BUFFER_BYTES_MAX) return true
    this.#sink.destroy()
    return false
  }
}

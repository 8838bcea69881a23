import { eventTypes } from './protocol.ts'

/** What a watch was set by, which decides what it hears of. */
export type WatchKind = 'data' | 'exists' | 'children'
export type WatchEventType = 'created' | 'deleted' | 'dataChanged' | 'childrenChanged'

export interface WatchEvent {
  readonly type: WatchEventType
  readonly path: string
}

/** Paths in one setWatches request, in bytes, so that each stays far below a frame. */
const batchBytesMax = 64 * 1024

const kinds: readonly WatchKind[] = ['data', 'exists', 'children']

/** Which watches an event uses up: each fires once. */
const firedBy: Readonly<Record<WatchEventType, readonly WatchKind[]>> = {
  created: ['data', 'exists'],
  deleted: kinds,
  dataChanged: ['data', 'exists'],
  childrenChanged: ['children'],
}

const typeNames = new Map<number, WatchEventType>([
  [eventTypes.created, 'created'],
  [eventTypes.deleted, 'deleted'],
  [eventTypes.dataChanged, 'dataChanged'],
  [eventTypes.childrenChanged, 'childrenChanged'],
])

/** Undefined for a type that our server does not know either. */
export function watchEventType(code: number): WatchEventType | undefined {
  return typeNames.get(code)
}

/** The paths of one setWatches request. */
export type WatchBatch = Readonly<Record<WatchKind, readonly string[]>>

/** The one-shot watches that a session has set, to be set again after every reconnect. */
export class WatchRegistry {
  readonly #paths: Record<WatchKind, Set<string>> = {
    data: new Set(),
    exists: new Set(),
    children: new Set(),
  }

  get size(): number {
    return kinds.reduce((sum, kind) => sum + this.#paths[kind].size, 0)
  }

  add(kind: WatchKind, path: string): void {
    this.#paths[kind].add(path)
  }

  /**
   * Uses up what the event fires. False when nobody watched: an event of a request that was lost.
   */
  fire(event: WatchEvent): boolean {
    let fired = false
    for (const kind of firedBy[event.type]) {
      if (this.#paths[kind].delete(event.path)) fired = true
    }
    return fired
  }

  /** Every watch, cut into requests of bounded size. */
  batches(): readonly WatchBatch[] {
    const batches: Record<WatchKind, string[]>[] = []
    let current: Record<WatchKind, string[]> | undefined
    let bytes = 0
    for (const kind of kinds) {
      for (const path of this.#paths[kind]) {
        const size = 4 + Buffer.byteLength(path)
        if (current === undefined || bytes + size > batchBytesMax) {
          current = { data: [], exists: [], children: [] }
          batches.push(current)
          bytes = 0
        }
        current[kind].push(path)
        bytes += size
      }
    }
    return batches
  }
}

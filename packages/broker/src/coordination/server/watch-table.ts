import type { WatchEvent } from '../zookeeper/watch-registry.ts'
import type { WatchPlace } from './request-processor.ts'

/** One-shot watches of all connections: who hears of what. */
export class WatchTable<Watcher> {
  readonly #data = new Map<string, Set<Watcher>>()
  readonly #children = new Map<string, Set<Watcher>>()
  readonly #places = new Map<Watcher, Set<string>>()

  /** Watches of one watcher. */
  countOf(watcher: Watcher): number {
    return this.#places.get(watcher)?.size ?? 0
  }

  add(watcher: Watcher, { kind, path }: WatchPlace): void {
    const watchers = this.#table(kind).get(path) ?? new Set()
    this.#table(kind).set(path, watchers.add(watcher))
    const places = this.#places.get(watcher) ?? new Set()
    this.#places.set(watcher, places.add(placeKey(kind, path)))
  }

  /** Takes the watches that an event uses up; each watcher hears of it once. */
  fire({ type, path }: WatchEvent): readonly Watcher[] {
    const fired = new Set<Watcher>()
    if (type !== 'childrenChanged') this.#take('data', path, fired)
    if (type === 'childrenChanged' || type === 'deleted') this.#take('children', path, fired)
    return [...fired]
  }

  /** The connection ended, and its watches with it: the client sets them again. */
  removeAll(watcher: Watcher): void {
    for (const key of this.#places.get(watcher) ?? []) {
      const kind = key.startsWith('d') ? 'data' : 'children'
      const path = key.slice(1)
      const watchers = this.#table(kind).get(path)
      watchers?.delete(watcher)
      if (watchers?.size === 0) this.#table(kind).delete(path)
    }
    this.#places.delete(watcher)
  }

  #take(kind: WatchPlace['kind'], path: string, fired: Set<Watcher>): void {
    for (const watcher of this.#table(kind).get(path) ?? []) {
      fired.add(watcher)
      this.#places.get(watcher)?.delete(placeKey(kind, path))
    }
    this.#table(kind).delete(path)
  }

  #table(kind: WatchPlace['kind']): Map<string, Set<Watcher>> {
    return kind === 'data' ? this.#data : this.#children
  }
}

function placeKey(kind: WatchPlace['kind'], path: string): string {
  return kind.slice(0, 1) + path
}

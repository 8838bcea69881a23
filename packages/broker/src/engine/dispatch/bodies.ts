import type { MessageStore } from '../../store/message-store.ts'
import type { Entry } from './entry.ts'

/** The bodies of these entries, at once if they are at hand; null for what has left meanwhile. */
export function fetchBodies(
  store: MessageStore,
  entries: readonly Entry[],
  done: (bodies: readonly (Buffer | null)[]) => void,
): void {
  const missing = entries.filter((entry) => !hasBody(entry))
  const stored = missing.map((entry) => entry.stored).filter((each) => each !== null)
  if (stored.length === 0) {
    done(entries.map(({ body }) => body))
    return
  }
  store.fetch(stored, (bodies) => {
    missing.forEach((entry, i) => (entry.body = bodies[i] ?? null))
    done(entries.map(({ body }) => body))
  })
}

/** Whether the body is at hand: here, or in the store's cache, from where it is taken. */
export function hasBody(entry: Entry): boolean {
  entry.body ??= entry.stored?.body ?? null
  return entry.body !== null
}

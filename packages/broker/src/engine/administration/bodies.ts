import type { MessageStore } from '../../store/message-store.ts'
import type { Entry } from '../dispatch/entry.ts'

/** The bodies of these entries, at once if they are at hand; null for what has left meanwhile. */
export function fetchBodies(
  store: MessageStore,
  entries: readonly Entry[],
  done: (bodies: readonly (Buffer | null)[]) => void,
): void {
  const missing = entries.filter(({ body }) => body === null)
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

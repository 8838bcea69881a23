import type { LogView } from './replica/context.ts'
import type { ReplicaStore } from './replica-store.ts'

/** The journal, and its disk, as the state machine reads them. */
export function logView({ journal, space }: ReplicaStore): LogView {
  return {
    get tail() {
      return journal.tail
    },
    get origin() {
      return journal.origin
    },
    get writtenIndex() {
      return journal.writtenIndex
    },
    get syncedIndex() {
      return journal.syncedIndex
    },
    get isShortOfSpace() {
      return space.isShort
    },
    endOfEpoch: (epoch: number) => journal.endOfEpoch(epoch),
  }
}

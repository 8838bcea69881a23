import type { ClientName } from '../../support/history/events.ts'

/** A client with its own life, as the population has many. */
export interface Worker {
  readonly name: ClientName
  /** Nothing is under way that will still have an outcome, and it listens. */
  readonly isIdle: boolean
  /** Ends its sending; what is under way is finished. Of consumers: no more moods, only work. */
  settle(): void
  /** Says goodbye; what has no outcome by then is unknown. */
  close(): Promise<void>
}

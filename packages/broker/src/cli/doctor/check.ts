/** `unknown`: it could not be looked at from here; that keeps nobody from starting. */
export type Outcome = 'ok' | 'warning' | 'failed' | 'unknown'

/** What one look found, in a line. */
export interface Check {
  readonly outcome: Outcome
  /** The node that it is about; '' = all of them. */
  readonly subject: string
  /** What was looked at: `disk`, `bind`. */
  readonly topic: string
  readonly message: string
  /** What to do about it; null when there is nothing to do. */
  readonly advice: string | null
}

/** What a check is about. */
export interface About {
  readonly subject: string
  readonly topic: string
}

export function ok(about: About, message: string): Check {
  return { outcome: 'ok', ...about, message, advice: null }
}

export function unknown(about: About, message: string): Check {
  return { outcome: 'unknown', ...about, message, advice: null }
}

export function warning(about: About, message: string, advice: string): Check {
  return { outcome: 'warning', ...about, message, advice }
}

export function failed(about: About, message: string, advice: string): Check {
  return { outcome: 'failed', ...about, message, advice }
}

/**
 * What the load process is told, one line of JSON each on its standard input, one after the other.
 * It answers each with lines of `progress` and one `done` or `failed`.
 */
export type LoadOrder =
  /** Sends, each message to the next queue; several are `queue.1`, `queue.2` ... */
  | { readonly do: 'send'; readonly queue: string; readonly queues: number; readonly count: number }
  /** Receives and acknowledges. */
  | { readonly do: 'receive'; readonly queue: string; readonly count: number }
  /** Both at once, the sender never far ahead. */
  | { readonly do: 'flow'; readonly queue: string; readonly count: number }
  /** Like flow, but without an end: answered at once, and goes on until it is halted. */
  | { readonly do: 'stream'; readonly queue: string }
  /** What the stream did so far. */
  | { readonly do: 'look' }
  /** Ends the stream: what it has sent is consumed. */
  | { readonly do: 'halt' }
  /** Sends one message, receives it, and acknowledges it only when released. */
  | { readonly do: 'hold'; readonly queue: string }
  | { readonly do: 'release' }
  /** One send over a connection that stays and fails over. */
  | { readonly do: 'probe' }

export interface LoadSettings {
  readonly ports: readonly number[]
  readonly bytes: number
  readonly window: number
  readonly seed: number
}

/** What an order came to. */
export interface LoadOutcome {
  /** When it was over, on the clock of monotonicNowMs. */
  readonly t: number
  /** Received, or sent where nothing is received. */
  readonly count: number
  /** Confirmed sends. */
  readonly sent: number
  /** From its beginning to the last confirmation. */
  readonly seconds: number
  /** Of that, how much the load itself was computing: near 1 the load is what is measured. */
  readonly busyShare: number
  /** Connections that broke on the way. */
  readonly failovers: number
}

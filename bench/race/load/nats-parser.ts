/** A message as the protocol brings it. Its data is a view: what outlives the call is copied. */
export interface WireMessage {
  readonly subject: string
  readonly reply: string | null
  /** As they came, with the status line; null when there are none. */
  readonly headers: string | null
  readonly data: Buffer
}

export interface WireListener {
  onMessage(subscription: number, message: WireMessage): void
  /** `INFO {...}`, `PING`, `PONG`, `+OK` or `-ERR '...'`. */
  onControl(line: string): void
}

const CR = 0x0d
const LINE_END = 2
const NOTHING = Buffer.alloc(0)

/** Takes NATS's client protocol apart: lines, some of them with so many bytes behind them. */
export class WireParser {
  readonly #listener: WireListener
  #partial: Buffer = NOTHING

  constructor(listener: WireListener) {
    this.#listener = listener
  }

  push(bytes: Buffer): void {
    const all = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes])
    let at = 0
    for (;;) {
      const next = this.#take(all, at)
      if (next === null) break
      at = next
    }
    this.#partial = at === all.length ? NOTHING : all.subarray(at)
  }

  /** Where the next one begins; null when this one is not whole. */
  #take(all: Buffer, at: number): number | null {
    const lineEnd = all.indexOf(CR, at)
    const bodyAt = lineEnd + LINE_END
    if (lineEnd < 0 || bodyAt > all.length) return null
    const line = all.toString('latin1', at, lineEnd)
    const isPlain = line.startsWith('MSG ')
    if (!isPlain && !line.startsWith('HMSG ')) {
      this.#listener.onControl(line)
      return bodyAt
    }
    const words = line.split(' ')
    const bodyEnd = bodyAt + Number(words.at(-1))
    if (bodyEnd + LINE_END > all.length) return null
    const headersEnd = isPlain ? bodyAt : bodyAt + Number(words.at(-2))
    const [, subject = '', subscription] = words
    this.#listener.onMessage(Number(subscription), {
      subject,
      // A reply subject is there or not, between the subscription and the lengths.
      reply: words.length === (isPlain ? 5 : 6) ? (words[3] ?? null) : null,
      headers: isPlain ? null : all.toString('latin1', bodyAt, headersEnd),
      data: all.subarray(headersEnd, bodyEnd),
    })
    return bodyEnd + LINE_END
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { OpenWireClient } from '../../support/openwire-client.ts'

const QUEUE = 'LOSS.MATRIX'
/** Sends under way at once in a flow. */
const LANES = 4
const BODY_BYTES = 4000
/** A queue that stays empty for so long is drained. */
const DRAINED_AFTER_MS = 1500

export interface Drained {
  /** Confirmed and not there any more, in the order of the confirmations. */
  readonly lost: readonly string[]
  /** There more than once, or altered, or never sent. */
  readonly strange: readonly string[]
}

/** One client's sends: what it was told is stored, and when. */
export class ConfirmedSends {
  readonly #ports: readonly number[]
  readonly #client: OpenWireClient
  /** Each confirmed body, and when. */
  readonly #confirmed = new Map<string, number>()
  readonly #sent = new Set<string>()
  #isOpen = false
  #flows: Promise<void>[] = []
  #flowing = false

  constructor(ports: readonly number[]) {
    this.#ports = ports
    this.#client = new OpenWireClient(ports)
  }

  get count(): number {
    return this.#confirmed.size
  }

  /** Sends so many messages at once; resolves to them when all are confirmed. */
  async confirm(count: number): Promise<readonly string[]> {
    await this.#open()
    return Promise.all(Array.from({ length: count }, () => this.#send()))
  }

  /** Sends one after the other, in several lanes, until `stopFlow`. */
  async startFlow(): Promise<void> {
    await this.#open()
    this.#flowing = true
    this.#flows = Array.from({ length: LANES }, async () => {
      while (this.#flowing) await this.#send().catch(() => undefined)
    })
  }

  /** Waits until so many more are confirmed. */
  async flowed(count: number): Promise<void> {
    const target = this.count + count
    while (this.count < target) await delay(5)
  }

  /** What is under way is sent until it is confirmed or given up. */
  async stopFlow(): Promise<void> {
    this.#flowing = false
    await Promise.all(this.#flows)
  }

  /** When it was confirmed, on performance.now(). */
  confirmedAt(text: string): number {
    return this.#confirmed.get(text) ?? Number.NaN
  }

  /** Takes out of the queue all there is, and compares. */
  async drain(): Promise<Drained> {
    this.#client.close()
    const reader = new OpenWireClient(this.#ports)
    await reader.open()
    await reader.consume(QUEUE)
    const received = new Set<string>()
    const strange: string[] = []
    for (;;) {
      const message = await reader.receive(DRAINED_AFTER_MS)
      if (message === null) break
      if (received.has(message.text) || !this.#sent.has(message.text)) strange.push(message.text)
      received.add(message.text)
    }
    reader.close()
    const lost = [...this.#confirmed.keys()].filter((text) => !received.has(text))
    return { lost, strange }
  }

  close(): void {
    this.#flowing = false
    this.#client.close()
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return
    this.#isOpen = true
    await this.#client.open()
  }

  async #send(): Promise<string> {
    const text = `${this.#sent.size} `.padEnd(BODY_BYTES, 'x')
    this.#sent.add(text)
    await this.#client.send(QUEUE, text)
    this.#confirmed.set(text, performance.now())
    return text
  }
}

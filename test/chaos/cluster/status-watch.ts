import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerNode } from '../../support/broker-node.ts'
import type { LeaderMark } from '../cell-result.ts'

const POLL_MS = 100

export interface LeaderSeen {
  readonly broker: string
  readonly epoch: number
  readonly atMs: number
}

interface OpenMark {
  readonly broker: string
  readonly epoch: number
  readonly fromMs: number
  toMs: number
}

/**
 * Asks every broker what it is, ten times a second, each on its own so that a silent one delays
 * nobody, and remembers who said when that it leads.
 */
export class StatusWatch {
  readonly #marks: OpenMark[] = []
  readonly #nowMs: () => number
  readonly #onElected: (seen: LeaderSeen) => void
  readonly #stopping = new AbortController()
  readonly #loops: readonly Promise<void>[]

  constructor(
    nodes: readonly BrokerNode[],
    options: { readonly nowMs: () => number; readonly onElected: (seen: LeaderSeen) => void },
  ) {
    this.#nowMs = options.nowMs
    this.#onElected = options.onElected
    this.#loops = nodes.map((node) => this.#watch(node))
  }

  /** In the order in which they began. */
  get leaders(): readonly LeaderMark[] {
    return this.#marks
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#loops)
  }

  async #watch(node: BrokerNode): Promise<void> {
    const { signal } = this.#stopping
    let open: OpenMark | null = null
    while (!signal.aborted) {
      const askedMs = this.#nowMs()
      const status = await node.status()
      if (status?.role === 'leader') open = this.#continue(open, node.name, status.epoch)
      else open = null
      const waitMs = Math.max(0, askedMs + POLL_MS - this.#nowMs())
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #continue(open: OpenMark | null, broker: string, epoch: number): OpenMark {
    const atMs = this.#nowMs()
    if (open?.epoch === epoch) {
      open.toMs = atMs
      return open
    }
    const isNew = !this.#marks.some((mark) => mark.broker === broker && mark.epoch === epoch)
    const mark = { broker, epoch, fromMs: atMs, toMs: atMs }
    this.#marks.push(mark)
    if (isNew) this.#onElected({ broker, epoch, atMs })
    return mark
  }
}

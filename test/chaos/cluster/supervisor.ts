import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerNode } from '../../support/broker-node.ts'

const RESTART_AFTER_MS = 1000

/**
 * Starts brokers again that ended by themselves, as a service manager would: a broker whose disk
 * fails it ends, and expects this (R32, R37). What a fault killed with SIGKILL stays down until the
 * fault heals it.
 */
export class Supervisor {
  readonly #nodes: readonly BrokerNode[]
  readonly #stopping = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(nodes: readonly BrokerNode[]) {
    this.#nodes = nodes
  }

  start(): void {
    this.#loop = this.#supervise()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await delay(RESTART_AFTER_MS, undefined, { signal, ref: false }).catch(() => undefined)
      for (const node of this.#nodes) {
        if (node.isRunning || signal.aborted) continue
        const ended = await node.exited()
        if (ended.signal !== 'SIGKILL' && !node.isRunning) node.start()
      }
    }
  }
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { javaArgs } from './failover-programs.ts'
import { NdjsonProcess } from './ndjson-process.ts'

const START_WITHIN_MS = 30_000
const ANSWER_WITHIN_MS = 20_000

export interface WalkthroughOptions {
  readonly uri: string
  readonly directory: string
  readonly queue?: string
}

/** One JMS client of ActiveMQ's, that sends and receives when told, across every failover. */
export class WalkthroughClient {
  readonly #program: NdjsonProcess

  private constructor(program: NdjsonProcess) {
    this.#program = program
  }

  static async start(options: WalkthroughOptions): Promise<WalkthroughClient> {
    const queue = options.queue ?? 'walkthrough'
    const program = new NdjsonProcess({
      name: 'walkthrough client',
      command: 'java',
      args: await javaArgs({ program: 'Walkthrough', words: { uri: options.uri, queue } }),
      logFile: join(options.directory, 'walkthrough-client.log'),
    })
    const client = new WalkthroughClient(program)
    try {
      await program.next(['ready'], START_WITHIN_MS)
      return client
    } catch (error) {
      await client.dispose()
      throw error
    }
  }

  /** Resolves when the broker confirmed the message. */
  async send(text: string, withinMs = ANSWER_WITHIN_MS): Promise<void> {
    const answer = this.#program.next(['sent', 'error'], withinMs)
    this.#program.say(`send ${text}`)
    const event = await answer
    assert.equal(event.e, 'sent', String(event.message))
  }

  /** Begins a send that nobody may confirm yet; the promise ends with the confirmation. */
  beginSend(text: string, withinMs: number): Promise<void> {
    const sent = this.send(text, withinMs)
    sent.catch(() => undefined)
    return sent
  }

  /** The text of the next message, null when none came in time. */
  async receive(withinMs = 5000): Promise<string | null> {
    const answer = this.#program.next(['received', 'nothing', 'error'], withinMs + ANSWER_WITHIN_MS)
    this.#program.say(`receive ${withinMs}`)
    const event = await answer
    assert.notEqual(event.e, 'error', String(event.message))
    return event.e === 'received' ? String(event.text) : null
  }

  async dispose(): Promise<void> {
    await this.#program.dispose()
  }

  logTail(): string {
    return this.#program.process.logTail()
  }
}

import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { monotonicNowMs } from '../../support/ndjson-process.ts'
import { OpenWireClient } from '../../support/openwire-client.ts'
import type { BrokerAddress } from '../../support/openwire-client.ts'

const MAX_INACTIVITY_MS = 2500
const RECEIVE_MS = 500
const IDLE_MS = 20

function tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ t: monotonicNowMs(), e: event, ...fields })}\n`)
}

function connectionOf(client: string, brokers: readonly BrokerAddress[]): OpenWireClient {
  return new OpenWireClient(brokers, {
    maxInactivityMs: MAX_INACTIVITY_MS,
    onInterrupted: () => tell('interrupted', { client }),
    onResumed: () => tell('resumed', { client }),
  })
}

/** Whether producers send; they share it. */
class Gate {
  isOpen = false
  #idle = 0

  get idle(): number {
    return this.#idle
  }

  async pass(): Promise<void> {
    if (this.isOpen) return
    this.#idle++
    while (!this.isOpen) await delay(IDLE_MS)
    this.#idle--
  }
}

interface Party {
  readonly number: number
  readonly brokers: readonly BrokerAddress[]
  readonly queue: string
}

async function produce({ number, brokers, queue }: Party, gate: Gate, periodMs: number) {
  const client = `producer-${number}`
  const connection = connectionOf(client, brokers)
  await connection.open()
  return async () => {
    for (let n = 1; ; n++) {
      await gate.pass()
      const beganMs = monotonicNowMs()
      const message = `${number}:${n}`
      tell('invoke', { client, op: n, type: 'send', message, destination: `queue://${queue}` })
      await connection.send(queue, message).then(
        () => tell('ok', { client, op: n }),
        (error: unknown) => tell('unknown', { client, op: n, note: String(error) }),
      )
      await delay(Math.max(0, beganMs + periodMs - monotonicNowMs()))
    }
  }
}

async function consume({ number, brokers, queue }: Party) {
  const client = `consumer-${number}`
  const connection = connectionOf(client, brokers)
  await connection.open()
  await connection.consume(queue)
  const destination = `queue://${queue}`
  return async () => {
    for (;;) {
      const got = await connection.receive(RECEIVE_MS)
      if (got === null) continue
      const { text: message, redelivered } = got
      tell('receive', { client, consumer: client, message, destination, redelivered })
    }
  }
}

function readWords() {
  const { values } = parseArgs({
    options: {
      brokers: { type: 'string', default: '' },
      queue: { type: 'string', default: '' },
      producers: { type: 'string', default: '2' },
      consumers: { type: 'string', default: '2' },
      rate: { type: 'string', default: '50' },
    },
  })
  const brokers = values.brokers.split(',').map((text) => {
    const { hostname, port } = new URL(`tcp://${text}`)
    return { host: hostname, port: Number(port) }
  })
  const { queue, producers, consumers, rate } = values
  return {
    brokers,
    queue,
    producers: Number(producers),
    consumers: Number(consumers),
    rate: Number(rate),
  }
}

/**
 * Clients of the point-to-point workload on our own OpenWire test client, as a program of its own:
 * the history goes to standard output, one event a line; "produce", "pause" and "quit" are obeyed.
 */
export async function runOpenWireClients(): Promise<void> {
  const { brokers, queue, producers, consumers, rate } = readWords()
  const gate = new Gate()
  const partyOf = (_: unknown, number: number): Party => ({ number, brokers, queue })
  const loops = await Promise.all([
    ...Array.from({ length: consumers }, partyOf).map(consume),
    ...Array.from({ length: producers }, partyOf).map((party) => produce(party, gate, 1000 / rate)),
  ])
  for (const loop of loops) {
    loop().catch((error: unknown) => tell('error', { note: String(error) }))
  }
  tell('ready')
  for await (const word of createInterface({ input: process.stdin })) {
    if (word === 'quit') return
    gate.isOpen = word === 'produce'
    while (word === 'pause' && gate.idle < producers) await delay(IDLE_MS)
    tell(gate.isOpen ? 'producing' : 'paused')
  }
}

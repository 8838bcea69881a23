/**
 * The load of the ceiling, see load-task.ts: it knows `send` only, and no queues. The address is
 * the leader's port.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { LoadAnswer, LoadOrder, SendTask } from '../load/load-task.ts'
import { Stretch, answerOf } from '../load/stretch.ts'
import { Durations } from '../load/durations.ts'
import { frameOf } from './ceiling-frames.ts'
import { readFixed } from './ceiling-records.ts'

const CONFIRMATION_BYTES = 4

interface SentBatch {
  readonly sentMs: number
  count: number
}

/** Sends so many at once, and then one for each that is confirmed. */
class CeilingSender {
  readonly #socket: Socket
  readonly #frame: Buffer
  readonly #unconfirmed: SentBatch[] = []

  constructor(socket: Socket, frame: Buffer, onConfirmed: (sentMs: number) => void) {
    this.#socket = socket
    this.#frame = frame
    readFixed(socket, CONFIRMATION_BYTES, (bytes) => {
      const count = bytes.readInt32BE()
      for (let confirmed = 0; confirmed < count; confirmed++) onConfirmed(this.#oldestSentMs())
      this.send(count)
    })
  }

  send(count: number): void {
    this.#unconfirmed.push({ sentMs: performance.now(), count })
    this.#socket.write(
      count === 1 ? this.#frame : Buffer.concat(Array<Buffer>(count).fill(this.#frame)),
    )
  }

  /** Confirmations come in the order of the sends. */
  #oldestSentMs(): number {
    const [oldest] = this.#unconfirmed
    if (oldest === undefined) throw new Error('a confirmation of nothing')
    if (--oldest.count === 0) this.#unconfirmed.shift()
    return oldest.sentMs
  }
}

async function send(port: number, task: SendTask): Promise<LoadAnswer> {
  for (let idle = 0; idle < task.idle; idle++) await opened(port)
  const stretch = new Stretch(task)
  const durations = new Durations()
  const onConfirmed = (sentMs: number): void => {
    if (stretch.counts) durations.add(performance.now() - sentMs)
  }
  const frame = frameOf(randomBytes(task.bytes))
  for (let sender = 0; sender < task.senders; sender++) {
    new CeilingSender(await opened(port), frame, onConfirmed).send(task.window)
  }
  const used = await stretch.pass()
  return answerOf(durations.count, used, durations.times())
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

const { address, task } = JSON.parse(process.argv[2] ?? '{}') as LoadOrder
if (task.do !== 'send') throw new Error(`the ceiling knows send only, not ${task.do}`)
process.stdout.write(`${JSON.stringify(await send(Number(address), task))}\n`)
process.exit(0)

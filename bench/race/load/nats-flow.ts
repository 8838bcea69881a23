import { randomBytes } from 'node:crypto'
import type { Connections } from './nats-connections.ts'
import { ensureConsumer, ensureStream } from './nats-jetstream.ts'
import { Publisher } from './nats-publisher.ts'
import { Receiver } from './nats-receiver.ts'
import { answerOf, Stretch } from './stretch.ts'
import { queueStream } from './nats-streams.ts'
import { Durations } from './durations.ts'
import type { FlowTask, LoadAnswer } from './load-task.ts'

const STAMP_BYTES = 8

/** A body carries the moment at which its send was due. */
export async function flow(connections: Connections, task: FlowTask): Promise<LoadAnswer> {
  const { any } = connections
  const stream = await ensureStream(any, queueStream(task.queue, 1))
  const place = { stream, consumer: 'flow' }
  await ensureConsumer(any, place, task)
  const stretch = new Stretch(task)
  const durations = new Durations()
  const receiver = new Receiver(await connections.toConsumer(place), {
    ...place,
    prefetch: task.prefetch,
    arrived: (message) => {
      receiver.acknowledge(message)
      if (stretch.counts) durations.add(performance.now() - message.data.readDoubleLE())
    },
  })
  const producer = new Producer(task)
  const publisher = new Publisher(await connections.toStream(stream), {
    window: task.window,
    confirmed: () => pump(),
  })
  const pump = (): void => {
    if (!stretch.isOver) producer.sendDue(publisher)
  }
  pump()
  const ticking = setInterval(pump, 1)
  const used = await stretch.pass()
  clearInterval(ticking)
  return answerOf(durations.count, used, durations.times())
}

/** Sends what is due, as far as the window lets it. */
class Producer {
  readonly #queue: string
  readonly #ratePerSecond: number
  readonly #body: Buffer
  readonly #beganMs = performance.now()
  #sent = 0

  constructor({ queue, bytes, ratePerSecond }: FlowTask) {
    if (bytes < STAMP_BYTES) throw new Error(`no room for a moment in ${bytes} bytes`)
    this.#queue = queue
    this.#ratePerSecond = ratePerSecond
    this.#body = randomBytes(bytes)
  }

  sendDue(publisher: Publisher): void {
    const nowMs = performance.now()
    while (publisher.hasRoom) {
      const dueMs = this.#dueMs(nowMs)
      if (dueMs > nowMs) return
      this.#body.writeDoubleLE(dueMs)
      publisher.send(this.#queue, this.#body)
      this.#sent++
    }
  }

  #dueMs(nowMs: number): number {
    if (this.#ratePerSecond === 0) return nowMs
    return this.#beganMs + (this.#sent * 1000) / this.#ratePerSecond
  }
}

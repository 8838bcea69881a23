import { randomBytes } from 'node:crypto'
import type { Connections } from './nats-connections.ts'
import { ensureStream } from './nats-jetstream.ts'
import { Publisher } from './nats-publisher.ts'
import { answerOf, Stretch } from './nats-stretch.ts'
import { topicStream } from './nats-streams.ts'
import { Durations } from './nats-times.ts'
import type { FanOutTask, LoadAnswer } from './load-task.ts'

/**
 * Core NATS subscribers on the subject of a stream. Reservation: they are given a message as it
 * passes, before the stream has it, and at most once, where others deliver what is confirmed.
 * That is the cheapest that NATS has for subscribers who need not be there.
 */
export async function fanOut(connections: Connections, task: FanOutTask): Promise<LoadAnswer> {
  const any = await connections.open()
  const stream = await ensureStream(any, topicStream(task.topic))
  const stretch = new Stretch(task)
  const durations = new Durations()
  let delivered = 0
  const count = (): void => {
    if (stretch.counts) delivered++
  }
  for (let subscriber = 0; subscriber < task.subscribers; subscriber++) {
    const connection = await connections.openToStream(stream)
    connection.subscribe(task.topic, { callback: count })
    await connection.flush()
  }
  const body = randomBytes(task.bytes)
  const publisher: Publisher = new Publisher(await connections.openToStream(stream), {
    window: task.window,
    confirmed: (tookMs) => {
      if (stretch.counts) durations.add(tookMs)
      if (!stretch.isOver) publisher.send(task.topic, body)
    },
  })
  while (publisher.hasRoom) publisher.send(task.topic, body)
  const used = await stretch.pass()
  return answerOf(delivered, used, durations.times())
}

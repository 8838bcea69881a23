import { randomBytes } from 'node:crypto'
import type { Connections } from './nats-connections.ts'
import { ensureStream } from './nats-jetstream.ts'
import { Publisher } from './nats-publisher.ts'
import { answerOf, Stretch } from './stretch.ts'
import { topicStream } from './nats-streams.ts'
import { Durations } from './durations.ts'
import type { FanOutTask, LoadAnswer } from './load-task.ts'

/**
 * Messages that a subscriber is behind, on average, before the sender waits: confirmations do not
 * wait for subscribers, and a server closes the connection of one that is too far behind.
 */
const LEAD = 10_000

/**
 * Core NATS subscribers on the subject of a stream. Reservation: they are given a message as it
 * passes, before the stream has it, and at most once, where others deliver what is confirmed.
 * That is the cheapest that NATS has for subscribers who need not be there.
 */
export async function fanOut(connections: Connections, task: FanOutTask): Promise<LoadAnswer> {
  const stream = await ensureStream(connections.any, topicStream(task.topic))
  const stretch = new Stretch(task)
  const durations = new Durations()
  let sent = 0
  let arrived = 0
  let counted = 0
  for (let subscriber = 0; subscriber < task.subscribers; subscriber++) {
    const connection = await connections.toStream(stream)
    connection.subscribe(task.topic, () => {
      arrived++
      if (stretch.counts) counted++
      if (publisher.hasRoom) pump()
    })
    await connection.roundTrip()
  }
  const body = randomBytes(task.bytes)
  const publisher = new Publisher(await connections.toStream(stream), {
    window: task.window,
    confirmed: (tookMs) => {
      if (stretch.counts) durations.add(tookMs)
      pump()
    },
  })
  const pump = (): void => {
    const most = arrived / task.subscribers + LEAD
    for (; publisher.hasRoom && sent < most && !stretch.isOver; sent++) {
      publisher.send(task.topic, body)
    }
  }
  pump()
  const used = await stretch.pass()
  return answerOf(counted, used, durations.times())
}

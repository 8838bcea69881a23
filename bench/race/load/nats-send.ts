import { randomBytes } from 'node:crypto'
import type { Connections } from './nats-connections.ts'
import { ensureStream } from './nats-jetstream.ts'
import { Publisher } from './nats-publisher.ts'
import { answerOf, Stretch, using } from './stretch.ts'
import { queueStream, subjectsOf } from './nats-streams.ts'
import { Durations } from './durations.ts'
import type { FillTask, LoadAnswer, SendTask } from './load-task.ts'

const FILL_WINDOW = 1000

/** All senders publish from the server that leads the stream; who is idle is anywhere. */
export async function send(connections: Connections, task: SendTask): Promise<LoadAnswer> {
  const stream = await ensureStream(connections.any, queueStream(task.queue, task.queues))
  await connections.toAny(task.idle)
  const subjects = inTurn(task)
  const body = randomBytes(task.bytes)
  const stretch = new Stretch(task)
  const durations = new Durations()
  for (let sender = 0; sender < task.senders; sender++) {
    const connection = await connections.toStream(stream)
    const publisher: Publisher = new Publisher(connection, {
      window: task.window,
      confirmed: (tookMs) => {
        if (stretch.counts) durations.add(tookMs)
        if (!stretch.isOver) publisher.send(subjects(), body)
      },
    })
    while (publisher.hasRoom) publisher.send(subjects(), body)
  }
  const used = await stretch.pass()
  return answerOf(durations.count, used, durations.times())
}

export async function fill(connections: Connections, task: FillTask): Promise<LoadAnswer> {
  const stream = await ensureStream(connections.any, queueStream(task.queue, task.queues))
  const connection = await connections.toStream(stream)
  const subjects = inTurn(task)
  const body = randomBytes(task.bytes)
  const used = using()
  await new Promise<void>((resolve) => {
    let sent = 0
    let confirmed = 0
    const pump = (): void => {
      for (; sent < task.count && publisher.hasRoom; sent++) publisher.send(subjects(), body)
    }
    const publisher = new Publisher(connection, {
      window: FILL_WINDOW,
      confirmed: () => {
        if (++confirmed === task.count) resolve()
        else pump()
      },
    })
    pump()
  })
  return answerOf(task.count, used(), null)
}

function inTurn({ queue, queues }: { queue: string; queues: number }): () => string {
  const subjects = subjectsOf(queue, queues)
  let turn = 0
  return () => subjects[turn++ % subjects.length] ?? queue
}

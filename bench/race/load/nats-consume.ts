import type { Connections } from './nats-connections.ts'
import { ensureConsumer, streamWith } from './nats-jetstream.ts'
import { Receiver } from './nats-receiver.ts'
import { answerOf, using } from './stretch.ts'
import type { Used } from './stretch.ts'
import type { ConsumeTask, LoadAnswer } from './load-task.ts'

/**
 * Every message is acknowledged as it arrives: a work queue wants an acknowledgement of each, so
 * that putting some off would save nothing. The last one is confirmed.
 */
export async function consume(connections: Connections, task: ConsumeTask): Promise<LoadAnswer> {
  const { any } = connections
  const place = { stream: await streamWith(any, task.queue), consumer: 'consume' }
  await ensureConsumer(any, place, task)
  const connection = await connections.toConsumer(place)
  let arrived = 0
  const stop = await new Promise<() => Used>((resolve, reject) => {
    let stopUsing: (() => Used) | null = null
    const receiver = new Receiver(connection, {
      ...place,
      prefetch: task.prefetch,
      arrived: (message) => {
        const ending = (stopUsing ??= using())
        if (++arrived < task.count) receiver.acknowledge(message)
        else receiver.acknowledgeConfirmed(message).then(() => resolve(ending), reject)
      },
    })
  })
  return answerOf(task.count, stop(), null)
}

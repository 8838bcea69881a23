import { randomBytes } from 'node:crypto'
import { createInbox } from '@nats-io/transport-node'
import type { Connections } from './nats-connections.ts'
import type { ConsumerPlace } from './nats-jetstream.ts'
import { ensureConsumer, ensureStream } from './nats-jetstream.ts'
import { Publisher } from './nats-publisher.ts'
import { Receiver } from './nats-receiver.ts'
import { answerOf, Stretch } from './stretch.ts'
import { queueStream } from './nats-streams.ts'
import { Durations } from './durations.ts'
import type { WireConnection } from './nats-wire.ts'
import type { LoadAnswer, RequestReplyTask } from './load-task.ts'

/** The reply subject of a publish to a stream is where it is confirmed: ours is in a header. */
const REPLY_TO = 'Reply-To'
/** A request need not wait for the acknowledgement of the one before. */
const PREFETCH = 1000
const replyLine = /^Reply-To: (\S+)/m

/**
 * The request goes through a stream, the reply over core NATS to an inbox. An exchange is over when
 * the request is confirmed and its reply is there.
 */
export async function requestReply(
  connections: Connections,
  task: RequestReplyTask,
): Promise<LoadAnswer> {
  const { any } = connections
  const stream = await ensureStream(any, queueStream(task.queue, 1))
  const place = { stream, consumer: 'replier' }
  await ensureConsumer(any, place, { queue: task.queue, prefetch: PREFETCH })
  const stretch = new Stretch(task)
  const durations = new Durations()
  replyTo(await connections.toConsumer(place), place)
  ask(await connections.toStream(stream), task, (tookMs) => {
    if (stretch.counts) durations.add(tookMs)
    return !stretch.isOver
  })
  const used = await stretch.pass()
  return answerOf(durations.count, used, durations.times())
}

function replyTo(connection: WireConnection, place: ConsumerPlace): void {
  const receiver = new Receiver(connection, {
    ...place,
    prefetch: PREFETCH,
    arrived: (message) => {
      connection.publish({ subject: inboxIn(message.headers ?? ''), body: message.data })
      receiver.acknowledge(message)
    },
  })
}

/** One exchange after the other, while `exchanged` says so. */
function ask(
  connection: WireConnection,
  { queue, bytes }: RequestReplyTask,
  exchanged: (tookMs: number) => boolean,
): void {
  const inbox = createInbox()
  const body = randomBytes(bytes)
  let beganMs = 0
  let awaited = 0
  const begin = (): void => {
    beganMs = performance.now()
    awaited = 2
    publisher.send(queue, body, `${REPLY_TO}: ${inbox}`)
  }
  const came = (): void => {
    if (--awaited === 0 && exchanged(performance.now() - beganMs)) begin()
  }
  const publisher = new Publisher(connection, { window: 1, confirmed: came })
  connection.subscribe(inbox, came)
  begin()
}

function inboxIn(headers: string): string {
  const inbox = replyLine.exec(headers)?.[1]
  if (inbox === undefined) throw new Error('a request does not say where its reply goes')
  return inbox
}

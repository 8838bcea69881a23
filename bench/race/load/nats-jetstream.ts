import type { NatsConnection } from '@nats-io/transport-node'
import type { StreamConfig } from './nats-streams.ts'

/** A Raft group has to elect its leader first. */
const ANSWER_WITHIN_MS = 30_000

export interface GroupInfo {
  /** A server's name; absent while there is none. */
  readonly leader?: string
  readonly replicas?: readonly Replica[]
}

interface Replica {
  readonly name: string
  readonly current: boolean
  readonly offline?: boolean
  readonly lag?: number
}

interface Group {
  readonly cluster: GroupInfo
}

interface Refusal {
  readonly error?: { readonly code: number; readonly description: string }
}

interface NamesPage {
  readonly total: number
  readonly streams: readonly string[] | null
}

/** Asks the JetStream API, which is JSON over request and reply; throws what it refuses. */
async function ask<T>(connection: NatsConnection, what: string, request: object = {}): Promise<T> {
  const message = await connection.request(`$JS.API.${what}`, JSON.stringify(request), {
    timeout: ANSWER_WITHIN_MS,
  })
  const answer = message.json<T & Refusal>()
  if (answer.error === undefined) return answer
  throw new Error(`${what}: ${answer.error.description} (${answer.error.code})`)
}

/** Makes the stream, or finds it the same. */
export async function ensureStream(
  connection: NatsConnection,
  config: StreamConfig,
): Promise<string> {
  await ask(connection, `STREAM.CREATE.${config.name}`, config)
  return config.name
}

export async function streamInfo(connection: NatsConnection, stream: string): Promise<Group> {
  return ask(connection, `STREAM.INFO.${stream}`)
}

export async function deleteStream(connection: NatsConnection, stream: string): Promise<void> {
  await ask(connection, `STREAM.DELETE.${stream}`)
}

/** All streams, or those that have this subject. */
export async function streamNames(connection: NatsConnection, subject?: string): Promise<string[]> {
  const names: string[] = []
  for (;;) {
    const page = await ask<NamesPage>(connection, 'STREAM.NAMES', {
      offset: names.length,
      ...(subject === undefined ? {} : { subject }),
    })
    const more = page.streams ?? []
    names.push(...more)
    if (more.length === 0 || names.length >= page.total) return names
  }
}

export async function streamWith(connection: NatsConnection, subject: string): Promise<string> {
  const [stream] = await streamNames(connection, subject)
  if (stream === undefined) throw new Error(`no stream has ${subject}`)
  return stream
}

export interface ConsumerPlace {
  readonly stream: string
  readonly consumer: string
}

/**
 * A durable consumer with the replicas of its stream. A work queue lets nothing but explicit
 * acknowledgements pass: each message has its own. `prefetch` of them may be awaited.
 */
export async function ensureConsumer(
  connection: NatsConnection,
  { stream, consumer }: ConsumerPlace,
  options: { readonly queue: string; readonly prefetch: number },
): Promise<void> {
  await ask(connection, `CONSUMER.DURABLE.CREATE.${stream}.${consumer}`, {
    stream_name: stream,
    config: {
      durable_name: consumer,
      ack_policy: 'explicit',
      deliver_policy: 'all',
      filter_subject: options.queue,
      max_ack_pending: options.prefetch,
    },
  })
}

export async function consumerInfo(
  connection: NatsConnection,
  { stream, consumer }: ConsumerPlace,
): Promise<Group> {
  return ask(connection, `CONSUMER.INFO.${stream}.${consumer}`)
}

/** Every replica has what its leader has. */
export function isInStep({ leader, replicas = [] }: GroupInfo): boolean {
  const isCurrent = ({ current, offline, lag = 0 }: Replica): boolean =>
    current && offline !== true && lag === 0
  return leader !== undefined && leader !== '' && replicas.every(isCurrent)
}

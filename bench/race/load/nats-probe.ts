import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { connect, headers } from '@nats-io/transport-node'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { ensureStream } from './nats-jetstream.ts'
import { queueStream } from './nats-streams.ts'
import type { ProbeTask } from './load-task.ts'

const SLOW_MS = 20
/** A leader that died took the message, or its answer, with it. */
const ANSWER_WITHIN_MS = 250
const RETRY_MS = 20

/** Sends again under the same message id, which the stream takes once. */
export async function probe(address: string, task: ProbeTask): Promise<void> {
  const connection = await connect({
    servers: address.split(','),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 0,
    ...patienceOf(task),
  })
  await ensureStream(connection, queueStream(task.queue, 1))
  let isOver = false
  process.stdin.once('end', () => (isOver = true)).resume()
  const body = randomBytes(task.bytes)
  for (let number = 0; !isOver; number++) {
    const sentMs = monotonicNowMs()
    const attempt = { connection, queue: task.queue, id: `${process.pid}-${number}`, body }
    while (!(await isConfirmed(attempt)) && !isOver) await delay(RETRY_MS)
    const confirmedMs = monotonicNowMs()
    if (number === 0) tell({ ready: true })
    else if (confirmedMs - sentMs > SLOW_MS && !isOver) tell({ sentMs, confirmedMs })
  }
  await connection.close()
}

/** A server that does not answer two pings in a row is left; a reconnection has as long. */
function patienceOf({ patienceMs }: ProbeTask) {
  if (patienceMs === 0) return {}
  return { pingInterval: patienceMs / 2, maxPingOut: 1, timeout: patienceMs }
}

interface Attempt {
  readonly connection: NatsConnection
  readonly queue: string
  readonly id: string
  readonly body: Uint8Array
}

async function isConfirmed({ connection, queue, id, body }: Attempt): Promise<boolean> {
  const identified = headers()
  identified.set('Nats-Msg-Id', id)
  const answer = await connection
    .request(queue, body, { timeout: ANSWER_WITHIN_MS, headers: identified })
    // No answer, nobody there, or between two servers: what a failover is.
    .catch(() => null)
  return answer?.json<{ readonly error?: unknown }>().error === undefined && answer !== null
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

import { randomInt } from 'node:crypto'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { ZooKeeperClient } from '../coordination/zookeeper/client.ts'
import type { ClientEvent } from '../coordination/zookeeper/client.ts'

export interface SessionRequest {
  /** `host:port,host:port`. */
  readonly servers: string
  /** '' = none. */
  readonly password: string
  readonly timeoutMs: number
}

/** The user that ActiveMQ's brokers authenticate as, whatever the password. */
const DIGEST_USER = 'fabric'
/** Session of a look into the coordination service. */
const SESSION_TIMEOUT_MS = 6000
const RANDOM_RANGE = 2 ** 32

/**
 * Runs `work` in a session of its own, which ends with it. Rejects with COORDINATION_LOST when it
 * takes too long, with NOT_AUTHENTICATED when the password is refused.
 */
export async function withSession<T>(
  { servers, password, timeoutMs }: SessionRequest,
  work: (client: ZooKeeperClient) => Promise<T>,
): Promise<T> {
  const connected = new Connected()
  const client = new ZooKeeperClient({
    connectString: servers,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    clock: systemClock,
    log: silentLog,
    random: () => randomInt(RANDOM_RANGE) / RANDOM_RANGE,
    listener: (event) => connected.hear(event),
  })
  const late = AbortSignal.timeout(timeoutMs)
  const refused = new Promise<never>((_, reject) => {
    const message = `ZooKeeper at ${servers} did not answer in ${timeoutMs} ms`
    late.onabort = () => reject(new BrokerError('COORDINATION_LOST', message))
  })
  if (password !== '') client.addAuth('digest', Buffer.from(`${DIGEST_USER}:${password}`))
  client.start()
  try {
    await Promise.race([connected.promise, refused])
    return await Promise.race([work(client), refused])
  } finally {
    late.onabort = null
    await client.close()
  }
}

/** Settles when the session is established or refused. */
class Connected {
  readonly promise: Promise<void>
  #resolve: () => void = () => {}
  #reject: (error: BrokerError) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  hear(event: ClientEvent): void {
    if (event.type !== 'session') return
    if (event.news === 'connected') this.#resolve()
    else if (event.news === 'auth-failed') {
      this.#reject(new BrokerError('NOT_AUTHENTICATED', 'ZooKeeper refused the password'))
    }
  }
}

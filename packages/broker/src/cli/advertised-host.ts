import { lookup } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { errnoOf } from '@quorate/core/base/errors'
import type { BrokerOptions } from '../config/broker-options.ts'
import { parseHostPort } from '../config/host-port.ts'

/** A name server that is silent must not hold up a start. */
const RESOLVE_WITHIN_MS = 2000

/**
 * A warning when the others are told a host that this machine cannot find. It does not stop a
 * start: a name may be known to the others alone.
 */
export async function hostDoubts({ replication }: BrokerOptions): Promise<string[]> {
  const { host } = parseHostPort(replication.advertisedAddress) ?? { host: '' }
  const why = await whyUnresolved(host)
  if (why === null) return []
  return [
    `the other brokers are told "${host}" (hostname, or connectUrl), which does not resolve here ` +
      `(${why}): they can hardly reach this one`,
  ]
}

async function whyUnresolved(host: string): Promise<string | null> {
  const resolved = lookup(host).then(
    () => null,
    (error: unknown) => errnoOf(error) ?? 'no answer',
  )
  const silence = delay(RESOLVE_WITHIN_MS, 'no answer', { ref: false })
  return Promise.race([resolved, silence])
}

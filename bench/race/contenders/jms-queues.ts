import { setTimeout as delay } from 'node:timers/promises'
import { changeQueues } from '../load/openwire-destinations.ts'
import { OpenWirePlace } from '../load/openwire-place.ts'

/** A consumer that just left may be there for the broker a moment longer. */
const RETRY_MS = 100
const PATIENCE_MS = 10_000

/** Removes these queues with what is in them, over OpenWire. */
export async function removeQueues(address: string, queues: readonly string[]): Promise<void> {
  const place = new OpenWirePlace(address)
  const deadlineMs = performance.now() + PATIENCE_MS
  let refusals = await changeQueues(place, 'remove', queues)
  while (refusals.length > 0 && performance.now() < deadlineMs) {
    await delay(RETRY_MS)
    const refused = refusals.map(({ queue }) => queue)
    refusals = await changeQueues(place, 'remove', refused)
  }
  const [first] = refusals
  if (first !== undefined) throw new Error(`${first.queue} cannot be removed: ${first.why}`)
}

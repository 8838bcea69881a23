import type { EpochGrant } from '../coordinator.ts'
import { decodeEpoch, encodeState } from '../state-codec.ts'
import { refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import type { Layout } from './layout.ts'
import { isRaceLost, readOrNull } from './member-announcement.ts'

/** In every lost race somebody else was given a number, so the races end. */
const attemptsMax = 64

export interface EpochRequest {
  /** The new epoch is greater than this. */
  readonly above: number
  readonly owner: string
  /** Of this request alone, whatever number of attempts it takes. */
  readonly nonce: string
}

/**
 * R5: the register at /epoch, changed by compare-and-set. The answer to a change can be lost with
 * the connection; then the caller calls again with the same request, which finds its own nonce
 * in the register, or takes a further number: gaps are harmless, doubles would not be. Null when
 * others were always quicker.
 */
export async function allocateEpoch(
  client: ZooKeeperClient,
  layout: Layout,
  { above, owner, nonce }: EpochRequest,
): Promise<EpochGrant | null> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    await client.sync(layout.epoch)
    const found = await readOrNull(client, layout.epoch)
    // What does not decode counts as 0: the voters refuse a number that they have seen (R6).
    const standing = found === null ? null : decodeEpoch(found.data)
    if (standing !== null && standing.owner === owner && standing.nonce === nonce) {
      return { epoch: standing.e, nonce }
    }
    const epoch = Math.max(standing?.e ?? 0, above) + 1
    const data = encodeState({ e: epoch, owner, nonce })
    try {
      if (found === null) await client.create(layout.epoch, data, { acl: layout.privateAcl })
      else await client.set(layout.epoch, data, found.stat.version)
      return { epoch, nonce }
    } catch (error) {
      if (!isRaceLost(error)) throw error
      // There is no tree yet, or no longer.
      if (found === null && refusalOf(error) === 'NoNode') await layout.prepare(client)
    }
  }
  return null
}

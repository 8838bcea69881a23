import { BrokerError } from '@quorate/core/base/errors'
import type { Bootstrap } from '../coordinator.ts'
import { decodeBootstrap, encodeState } from '../state-codec.ts'
import { refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import type { Layout } from './layout.ts'
import { readOrNull } from './member-announcement.ts'

/**
 * The node at /bootstrap. A document that does not decode is refused: it may be another version's.
 */
export async function readBootstrap(
  client: ZooKeeperClient,
  layout: Layout,
): Promise<Bootstrap | null> {
  await client.sync(layout.bootstrap)
  const found = await readOrNull(client, layout.bootstrap)
  if (found === null) return null
  const bootstrap = decodeBootstrap(found.data)
  if (bootstrap !== null) return bootstrap
  throw new BrokerError(
    'COORDINATION_REJECTED',
    `${layout.bootstrap} holds no bootstrap configuration that this version can read`,
    { details: { path: layout.bootstrap } },
  )
}

/**
 * Creates the node unless it exists, and answers with what is there. That also settles a create
 * whose answer was lost: whoever made it, there is one.
 */
export async function createBootstrap(
  client: ZooKeeperClient,
  layout: Layout,
  bootstrap: Bootstrap,
): Promise<Bootstrap> {
  for (;;) {
    const standing = await readBootstrap(client, layout)
    if (standing !== null) return standing
    await layout.prepare(client)
    try {
      await client.create(layout.bootstrap, encodeState(bootstrap), { acl: layout.privateAcl })
      return bootstrap
    } catch (error) {
      // Another node was quicker: read what it made.
      if (refusalOf(error) !== 'NodeExists') throw error
    }
  }
}

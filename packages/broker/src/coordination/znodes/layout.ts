import { createHash } from 'node:crypto'
import { BrokerError } from '@quorate/core/base/errors'
import { openAcl, refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import { parentPath, pathPart, pathProblem } from '../zookeeper/path.ts'
import { permissions } from '../zookeeper/protocol.ts'
import type { Acl } from '../zookeeper/protocol.ts'

export interface LayoutOptions {
  /** Where ActiveMQ's operators look: `/activemq/leveldb-stores`. */
  readonly zkPath: string
  /** Brokers of one name form a cluster. */
  readonly brokerName: string
  /** null = everybody may do everything. */
  readonly zkPassword: string | null
}

/** The user that ActiveMQ authenticates as, whatever the password. */
const digestUser = 'fabric'

/**
 *   <zkPath>/00000000007              the compatible view: ephemeral, sequential, for people
 *   <zkPath>.quorate/<brokerName>     our own state
 *       /bootstrap                    the first configuration, created once
 *       /epoch                        {e, owner, nonce}, written by compare-and-set
 *       /members/<nodeId>             ephemeral
 *       /leader                       ephemeral hint
 *       /config                       mirror of the committed configuration
 *       /requests                     operators' intents
 *
 * With a password our own state is for that user alone. The compatible view stays readable by
 * everybody, since `ls` and `get` without a password are what it is for; nothing is decided from
 * it.
 */
export class Layout {
  readonly compatible: string
  readonly cluster: string
  readonly bootstrap: string
  readonly epoch: string
  readonly members: string
  readonly leader: string
  readonly config: string
  readonly requests: string
  readonly privateAcl: readonly Acl[]
  readonly readableAcl: readonly Acl[]
  /** What to prove before anything else, or null without a password. */
  readonly credentials: Buffer | null

  /** Throws CONFIG_INVALID. */
  constructor({ zkPath, brokerName, zkPassword }: LayoutOptions) {
    const problem = pathProblem(zkPath)
    if (problem !== null) throw new BrokerError('CONFIG_INVALID', `zkPath "${zkPath}" ${problem}`)
    this.compatible = zkPath
    this.cluster = `${zkPath}.quorate/${pathPart(brokerName)}`
    this.bootstrap = `${this.cluster}/bootstrap`
    this.epoch = `${this.cluster}/epoch`
    this.members = `${this.cluster}/members`
    this.leader = `${this.cluster}/leader`
    this.config = `${this.cluster}/config`
    this.requests = `${this.cluster}/requests`
    this.credentials = zkPassword === null ? null : Buffer.from(`${digestUser}:${zkPassword}`)
    const owner = this.credentials === null ? null : ownerEntry(this.credentials)
    const reader: Acl = {
      permissions: permissions.read,
      id: { scheme: 'world', id: 'anyone' },
    }
    this.privateAcl = owner === null ? openAcl : [owner]
    this.readableAcl = owner === null ? openAcl : [owner, reader]
  }

  member(nodeId: string): string {
    return `${this.members}/${pathPart(nodeId)}`
  }

  /** Creates every persistent node that is missing. */
  async prepare(client: ZooKeeperClient): Promise<void> {
    // The upper nodes are shared with other clusters, which may have other passwords.
    await ensureNode(client, this.compatible, openAcl)
    await ensureNode(client, parentPath(this.cluster), openAcl)
    for (const path of [this.cluster, this.members, this.requests]) {
      await ensureNode(client, path, this.privateAcl)
    }
  }
}

async function ensureNode(
  client: ZooKeeperClient,
  path: string,
  acl: readonly Acl[],
): Promise<void> {
  if (path === '/' || (await client.exists(path)) !== null) return
  await ensureNode(client, parentPath(path), openAcl)
  try {
    await client.create(path, Buffer.alloc(0), { acl })
  } catch (error) {
    if (refusalOf(error) !== 'NodeExists') throw error
  }
}

function ownerEntry(credentials: Buffer): Acl {
  const hash = createHash('sha1').update(credentials).digest('base64')
  return { permissions: permissions.all, id: { scheme: 'digest', id: `${digestUser}:${hash}` } }
}

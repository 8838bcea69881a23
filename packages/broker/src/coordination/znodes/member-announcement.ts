import type { Log } from '@quorate/core/base/log'
import { claimMember } from '../claims.ts'
import type { Claim, Standing } from '../claims.ts'
import type { Member } from '../coordinator.ts'
import { decodeMember, encodeState } from '../state-codec.ts'
import { refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import { createModes } from '../zookeeper/protocol.ts'
import type { Stat } from '../zookeeper/protocol.ts'
import type { Layout } from './layout.ts'

/** Others may write between our read and our write so often before we leave it to the next pass. */
const attemptsMax = 5

/** Our node below /members, for one session. */
export class MemberAnnouncement {
  readonly #client: ZooKeeperClient
  readonly #layout: Layout
  readonly #log: Log
  #announced = false
  #yieldLogged = false

  constructor(client: ZooKeeperClient, layout: Layout, log: Log) {
    this.#client = client
    this.#layout = layout
    this.#log = log
  }

  /** Brings the node to what `self` says, unless another broker owns it. */
  async bring(self: Member): Promise<void> {
    const path = this.#layout.member(self.nodeId)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      await this.#client.sync(path)
      const found = await readOrNull(this.#client, path)
      const standing = standingOf(found, this.#client.sessionId, decodeMember)
      const claim = claimMember(standing, self, this.#announced)
      if (claim === 'yield') {
        this.#logYield(self)
        return
      }
      if (await this.#write(claim, path, { self, version: found?.stat.version ?? -1 })) {
        this.#announced = true
        return
      }
    }
  }

  /** False when somebody else was quicker. */
  async #write(
    claim: Claim,
    path: string,
    { self, version }: { readonly self: Member; readonly version: number },
  ): Promise<boolean> {
    const data = encodeState(self)
    const acl = this.#layout.privateAcl
    try {
      if (claim === 'create') await this.#client.create(path, data, { ephemeral: true, acl })
      if (claim === 'update') await this.#client.set(path, data, version)
      if (claim === 'replace') {
        this.#log.info('replaces the member node of a previous process', { path })
        await this.#client.multi([
          { type: 'delete', request: { path, version } },
          { type: 'create', request: { path, data, acl, mode: createModes.ephemeral } },
        ])
      }
      return true
    } catch (error) {
      if (isRaceLost(error)) return false
      throw error
    }
  }

  #logYield(self: Member): void {
    if (this.#yieldLogged) return
    this.#yieldLogged = true
    this.#log.warn('another broker or an old session stands under this node id; waiting for it', {
      nodeId: self.nodeId,
    })
  }
}

export interface Found {
  readonly data: Buffer
  readonly stat: Stat
}

export async function readOrNull(
  client: ZooKeeperClient,
  path: string,
  watch = false,
): Promise<Found | null> {
  try {
    return await client.get(path, { watch })
  } catch (error) {
    if (refusalOf(error) === 'NoNode') return null
    throw error
  }
}

export function standingOf<T>(
  found: Found | null,
  sessionId: bigint,
  decode: (bytes: Buffer) => T | null,
): Standing<T> | null {
  if (found === null) return null
  return { value: decode(found.data), ours: found.stat.ephemeralOwner === sessionId }
}

/** The node changed, came or went between our read and our write. */
export function isRaceLost(error: unknown): boolean {
  const refusal = refusalOf(error)
  return refusal === 'BadVersion' || refusal === 'NodeExists' || refusal === 'NoNode'
}

import { claimLeadership } from '../claims.ts'
import type { LeaderHint } from '../coordinator.ts'
import { decodeLeader, encodeState } from '../state-codec.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import { createModes } from '../zookeeper/protocol.ts'
import type { MultiOperation } from '../zookeeper/protocol.ts'
import type { Layout } from './layout.ts'
import { isRaceLost, readOrNull, standingOf } from './member-announcement.ts'
import type { Found } from './member-announcement.ts'

/** How often a claim is tried when others change the node meanwhile. */
const attemptsMax = 5

/** The ephemeral hint at /leader, for one session. */
export class LeaderClaim {
  readonly #client: ZooKeeperClient
  readonly #layout: Layout
  #held = false

  constructor(client: ZooKeeperClient, layout: Layout) {
    this.#client = client
    this.#layout = layout
  }

  /** The hint was ours when we last looked. */
  get held(): boolean {
    return this.#held
  }

  /** Publishes the hint unless a newer leader's stands there; null withdraws ours. */
  async bring(wish: LeaderHint | null): Promise<void> {
    // Without a wish and without a hint of this session there is nothing to withdraw.
    if (wish === null && !this.#held) return
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      await this.#client.sync(this.#layout.leader)
      const found = await readOrNull(this.#client, this.#layout.leader)
      try {
        this.#held = wish === null ? await this.#withdraw(found) : await this.#claim(found, wish)
        return
      } catch (error) {
        if (!isRaceLost(error)) throw error
      }
    }
  }

  async #withdraw(found: Found | null): Promise<boolean> {
    if (found?.stat.ephemeralOwner === this.#client.sessionId) {
      await this.#client.delete(this.#layout.leader, found.stat.version)
    }
    return false
  }

  async #claim(found: Found | null, wish: LeaderHint): Promise<boolean> {
    const { leader: path, privateAcl: acl } = this.#layout
    const standing = standingOf(found, this.#client.sessionId, decodeLeader)
    const claim = claimLeadership(standing, wish)
    if (claim === 'yield') return false
    if (claim === 'done') return true
    const data = encodeState(wish)
    // A lost answer may have left a hint of ours: the next pass must look.
    this.#held = true
    if (claim === 'update') {
      await this.#client.set(path, data, found?.stat.version)
      return true
    }
    const parts = await this.#epochUnchanged()
    if (found !== null) {
      parts.push({ type: 'delete', request: { path, version: found.stat.version } })
    }
    parts.push({ type: 'create', request: { path, data, acl, mode: createModes.ephemeral } })
    await this.#client.multi(parts)
    return true
  }

  /** R26: the claim holds only if nobody was given an epoch since we looked at /leader. */
  async #epochUnchanged(): Promise<MultiOperation[]> {
    const path = this.#layout.epoch
    const stat = await this.#client.exists(path)
    return stat === null ? [] : [{ type: 'check', request: { path, version: stat.version } }]
  }
}

import type { Log } from '@quorate/core/base/log'
import type { LeaderHint, Member } from '../coordinator.ts'
import { decodeLeader, decodeMember } from '../state-codec.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import type { Layout } from './layout.ts'
import { readOrNull } from './member-announcement.ts'
import type { Found } from './member-announcement.ts'

/** Nodes below /members that are read; more than any cluster has. */
const membersMax = 64

/**
 * Reads /members and /leader and keeps watching them, for one session. Watches say what to read
 * again, no more: what counts is the state that was read.
 */
export class Membership {
  readonly #client: ZooKeeperClient
  readonly #layout: Layout
  readonly #log: Log
  /** By node name; null for a document that does not decode. */
  readonly #members = new Map<string, Member | null>()

  constructor(client: ZooKeeperClient, layout: Layout, log: Log) {
    this.#client = client
    this.#layout = layout
    this.#log = log
  }

  /** Reads this node again next time. */
  forget(path: string): void {
    const prefix = `${this.#layout.members}/`
    if (path.startsWith(prefix)) this.#members.delete(path.slice(prefix.length))
  }

  forgetAll(): void {
    this.#members.clear()
  }

  async readMembers(): Promise<readonly Member[]> {
    const { children } = await this.#client.children(this.#layout.members, { watch: true })
    if (children.length > membersMax) {
      this.#log.warn('more members than are read', { members: children.length, membersMax })
    }
    const names = [...children].sort().slice(0, membersMax)
    for (const name of this.#members.keys()) {
      if (!names.includes(name)) this.#members.delete(name)
    }
    for (const name of names) {
      if (!this.#members.has(name)) await this.#readMember(name)
    }
    const members = names.flatMap((name) => this.#members.get(name) ?? [])
    return members.sort((one, other) => (one.nodeId < other.nodeId ? -1 : 1))
  }

  async #readMember(name: string): Promise<void> {
    const path = `${this.#layout.members}/${name}`
    const found = await readOrNull(this.#client, path, true)
    if (found === null) return
    const member = decodeMember(found.data)
    // A document of one node under another's name would count that one twice.
    const valid = member !== null && this.#layout.member(member.nodeId) === path
    if (!valid) this.#log.warn('a member node holds no member', { path })
    this.#members.set(name, valid ? member : null)
  }

  async readLeader(): Promise<LeaderHint | null> {
    const path = this.#layout.leader
    let found: Found | null = null
    do {
      found = await readOrNull(this.#client, path, true)
      // A watch on nothing needs `exists`; if that finds it after all, read again.
    } while (found === null && (await this.#client.exists(path, { watch: true })) !== null)
    if (found === null) return null
    const leader = decodeLeader(found.data)
    if (leader === null) this.#log.warn('the leader node holds no leader', { path })
    return leader
  }
}

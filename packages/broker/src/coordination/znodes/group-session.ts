import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { LeaderHint, Member } from '../coordinator.ts'
import { refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import { CompatibleView } from './compatible-view.ts'
import type { Layout } from './layout.ts'
import { LeaderClaim } from './leader-claim.ts'
import { MemberAnnouncement } from './member-announcement.ts'
import { Membership } from './membership.ts'

/** What the service shall hold; the owner changes it at will. */
export interface Wishes {
  self: Member
  leader: LeaderHint | null
  config: string | null
}

export interface GroupSessionOptions {
  readonly client: ZooKeeperClient
  readonly layout: Layout
  readonly wishes: Wishes
  readonly brokerName: string
  readonly container: string | null
  readonly clock: Clock
  readonly log: Log
  readonly onMembers: (members: readonly Member[]) => void
  readonly onLeader: (leader: LeaderHint | null) => void
}

/** What a pass may have to look after, in the order in which it does. */
const parts = ['tree', 'member', 'members', 'claim', 'leader', 'compatible', 'config'] as const
export type GroupPart = (typeof parts)[number]

/** Watches are hints: everything is read again this often (bug 25). */
const relistPeriodMs = 5_000
const retryMs = 500

/**
 * Everything that one ZooKeeper session holds and watches for one broker. Whatever may have changed
 * is marked; one pass at a time brings the service to what is wished, and reports what it read.
 * A pass that fails is repeated: after a lost connection at once when there is a new one, otherwise
 * after half a second.
 */
export class GroupSession {
  readonly #options: GroupSessionOptions
  readonly #member: MemberAnnouncement
  readonly #compatible: CompatibleView
  readonly #claim: LeaderClaim
  readonly #membership: Membership
  readonly #marked = new Set<GroupPart>()
  /** Marked again when the retry timer fires; the others go on meanwhile. */
  readonly #failed = new Set<GroupPart>()
  readonly #relist: Timer
  #retry: Timer | undefined
  #writtenConfig: string | null = null
  #passing = false
  #over = false

  constructor(options: GroupSessionOptions) {
    const { client, layout, log } = options
    this.#options = options
    this.#member = new MemberAnnouncement(client, layout, log)
    this.#compatible = new CompatibleView(options)
    this.#claim = new LeaderClaim(client, layout)
    this.#membership = new Membership(client, layout, log)
    this.#relist = options.clock.every(relistPeriodMs, () => this.connected())
  }

  /** There is a connection, new or not: everything is looked at again. */
  connected(): void {
    this.#membership.forgetAll()
    this.#compatible.recheck()
    this.mark(...parts)
  }

  watchFired(path: string): void {
    const { layout, wishes } = this.#options
    this.#membership.forget(path)
    if (path === layout.member(wishes.self.nodeId)) this.mark('member', 'members')
    else if (path === layout.leader) this.mark('claim', 'leader')
    else this.mark('members')
  }

  mark(...marked: readonly GroupPart[]): void {
    for (const part of marked) this.#marked.add(part)
    void this.#pass()
  }

  end(): void {
    this.#over = true
    this.#relist.cancel()
    this.#retry?.cancel()
  }

  async #pass(): Promise<void> {
    if (this.#passing) return
    this.#passing = true
    try {
      for (;;) {
        const part = this.#over || !this.#options.client.live ? undefined : this.#nextPart()
        if (part === undefined) return
        await this.#carryOut(part)
      }
    } finally {
      this.#passing = false
    }
  }

  #nextPart(): GroupPart | undefined {
    return parts.find((part) => this.#marked.has(part))
  }

  async #carryOut(part: GroupPart): Promise<void> {
    this.#marked.delete(part)
    try {
      await this.#bring(part)
    } catch (error) {
      // Anything but a broker error is a bug of ours, and ends the process.
      if (!(error instanceof BrokerError)) throw error
      this.#repeatLater(part, error)
    }
  }

  async #bring(part: GroupPart): Promise<void> {
    const { client, layout, wishes } = this.#options
    switch (part) {
      case 'tree':
        return layout.prepare(client)
      case 'member':
        return this.#member.bring(wishes.self)
      case 'members': {
        const members = await this.#membership.readMembers()
        if (!this.#over) this.#options.onMembers(members)
        return
      }
      case 'claim':
        return this.#bringClaim()
      case 'leader': {
        const leader = await this.#membership.readLeader()
        if (!this.#over) this.#options.onLeader(leader)
        return
      }
      case 'compatible':
        return this.#compatible.bring(wishes.self, wishes.leader !== null && this.#claim.held)
      case 'config':
        return this.#bringConfig()
    }
  }

  async #bringClaim(): Promise<void> {
    const held = this.#claim.held
    await this.#claim.bring(this.#options.wishes.leader)
    if (this.#claim.held !== held) this.#marked.add('compatible')
  }

  async #bringConfig(): Promise<void> {
    const { client, layout, wishes } = this.#options
    const { config } = wishes
    if (config === null || config === this.#writtenConfig) return
    const data = Buffer.from(config)
    try {
      await client.set(layout.config, data)
    } catch (error) {
      if (refusalOf(error) !== 'NoNode') throw error
      await client.create(layout.config, data, { acl: layout.privateAcl })
    }
    this.#writtenConfig = config
  }

  #repeatLater(part: GroupPart, error: BrokerError): void {
    if (this.#over) return
    this.#failed.add(part)
    if (error.code === 'COORDINATION_REJECTED') {
      // What is missing may be the tree itself.
      this.#failed.add('tree')
      this.#options.log.warn('the coordination service refused', { part, error: error.message })
    }
    this.#retry ??= this.#options.clock.after(retryMs, () => {
      this.#retry = undefined
      const failed = [...this.#failed]
      this.#failed.clear()
      this.mark(...failed)
    })
  }
}

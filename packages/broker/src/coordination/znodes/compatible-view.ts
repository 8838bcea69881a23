import type { Member } from '../coordinator.ts'
import { decodeCompatibleMember, encodeState } from '../state-codec.ts'
import { refusalOf } from '../zookeeper/client.ts'
import type { ZooKeeperClient } from '../zookeeper/client.ts'
import { lastPart } from '../zookeeper/path.ts'
import type { Layout } from './layout.ts'
import { readOrNull } from './member-announcement.ts'

export interface CompatibleViewOptions {
  readonly client: ZooKeeperClient
  readonly layout: Layout
  readonly brokerName: string
  /** ActiveMQ's free text of that name. */
  readonly container: string | null
}

/** `0`, then the ten digits that the server appends, which ActiveMQ calls the eid. */
const memberName = /^0\d{10}$/

/**
 * Our node directly under zkPath, as ActiveMQ's replicated LevelDB store shows itself there. For
 * people and their scripts: nothing reads it back. Lives for one session.
 */
export class CompatibleView {
  readonly #options: CompatibleViewOptions
  #path: string | undefined
  #written: Buffer | undefined
  /** Somebody may have deleted it since we last looked. */
  #unsure = false

  constructor(options: CompatibleViewOptions) {
    this.#options = options
  }

  /** Brings the node to what `self` says; `leads` shows as ActiveMQ's elector showed its choice. */
  async bring(self: Member, leads: boolean): Promise<void> {
    const { client } = this.#options
    const path = (await this.#standingPath()) ?? (await this.#createOrAdopt(self))
    this.#path = path
    const data = this.#encode(self, leads ? lastPart(path).slice(1) : null)
    if (this.#written?.equals(data) === true) return
    try {
      await client.set(path, data)
      this.#written = data
    } catch (error) {
      // Somebody deleted it. The next pass makes a new one.
      if (refusalOf(error) === 'NoNode') this.recheck()
      throw error
    }
  }

  /** Looks at the next pass whether the node is still there. */
  recheck(): void {
    this.#unsure = true
  }

  async #standingPath(): Promise<string | undefined> {
    if (this.#path === undefined || !this.#unsure) return this.#path
    if ((await this.#options.client.exists(this.#path)) === null) {
      this.#path = undefined
      this.#written = undefined
    }
    this.#unsure = false
    return this.#path
  }

  /**
   * A create whose answer was lost may have been carried out, and the server picks the name; so we
   * look for a node of our session first. A node with our address in another session is a ghost of
   * our own past, as nobody else can have bound it.
   */
  async #createOrAdopt(self: Member): Promise<string> {
    const { client, layout, brokerName } = this.#options
    const root = layout.compatible === '/' ? '' : layout.compatible
    await client.sync(layout.compatible)
    const { children } = await client.children(layout.compatible)
    for (const child of children.filter((name) => memberName.test(name))) {
      const path = `${root}/${child}`
      const found = await readOrNull(client, path)
      if (found === null) continue
      if (found.stat.ephemeralOwner === client.sessionId) return path
      const standing = decodeCompatibleMember(found.data)
      const ghost = standing?.id === brokerName && standing.address === addressOf(self)
      if (ghost && found.stat.ephemeralOwner !== 0n) await this.#deleteGhost(path)
    }
    const acl = layout.readableAcl
    const data = this.#encode(self, null)
    return client.create(`${root}/0`, data, { ephemeral: true, sequential: true, acl })
  }

  async #deleteGhost(path: string): Promise<void> {
    try {
      await this.#options.client.delete(path)
    } catch (error) {
      if (refusalOf(error) !== 'NoNode') throw error
    }
  }

  #encode(self: Member, elected: string | null): Buffer {
    const { brokerName: id, container } = this.#options
    const { position, weight } = self
    return encodeState({ id, container, address: addressOf(self), position, weight, elected })
  }
}

function addressOf(self: Member): string {
  return `tcp://${self.replicationAddress}`
}

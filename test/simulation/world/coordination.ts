import { silentLog } from '@quorate/core/base/log'
import { CoordinationService } from '@quorate/broker/coordination/server/coordination-service'
import { decodeEpoch, encodeState } from '@quorate/broker/coordination/state-codec'
import type { ServerConnectionOwner } from '@quorate/broker/coordination/server/server-connection'
import { ServerConnection } from '@quorate/broker/coordination/server/server-connection'
import { xids } from '@quorate/broker/coordination/zookeeper/protocol'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Chance } from './chance.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { StaleTree } from './stale-tree.ts'
import type { Timeline } from './timeline.ts'

export const COORDINATION_HOST = 'zk'
export const COORDINATION_PORT = 2181
const TICK_MS = 200
/** How far a server lags behind at most. */
const LAG_MS = 400
/** From a request to the ensemble's agreement on it, in milliseconds. */
const AGREEMENT_MS = [0.5, 3] as const

/**
 * The coordination service, as one host: our own server's rooms on the simulated network. What is
 * agreed on survives it; `goDown` takes its quorum, `wipe` its disks.
 */
export class Coordination {
  /** How often an answer is lost with its connection, after the request had its effect. */
  ambiguity = 0
  /** The same for single requests, by their bytes. */
  losesAnswerTo: (request: Buffer) => boolean = () => false
  /** Servers of the ensemble lag: reads without a sync before them show the past. */
  isStale = false
  /** Requests that took their time, as a share. */
  slowness = 0
  /** Notifications get lost. */
  isDeaf = false
  readonly #timeline: Timeline
  readonly #network: SimulatedNetwork
  readonly #chance: Chance
  #tree = new StaleTree()
  #process: SimulatedProcess | null = null
  #isWorking = true
  #passwords = 0

  constructor(timeline: Timeline, network: SimulatedNetwork, chance: Chance) {
    this.#timeline = timeline
    this.#network = network
    this.#chance = chance
    this.#boot()
  }

  get isUp(): boolean {
    return this.#isWorking
  }

  /** The ensemble lost its quorum: nobody is served. */
  goDown(): void {
    if (!this.#isWorking) return
    this.#isWorking = false
    const process = this.#process
    process?.die()
    if (process !== null) this.#network.ended(process, { powerCut: false })
  }

  comeUp(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    this.#boot()
  }

  /** Every disk of the ensemble is replaced. */
  wipe(): void {
    this.goDown()
    this.#tree = new StaleTree()
    this.comeUp()
  }

  /** The session that the ephemeral node belongs to whose path ends so; null without one. */
  ownerOf(path: string): bigint | null {
    for (const [at, { ephemeralOwner }] of this.#tree.nodes()) {
      if (at.endsWith(path)) return ephemeralOwner
    }
    return null
  }

  /** Somebody restores a backup: the register of epochs says what it said long ago (W10). */
  rollBackEpoch(by: number): void {
    for (const [path, node] of this.#tree.nodes()) {
      const register = path.endsWith('/epoch') && node.data !== null && decodeEpoch(node.data)
      if (!register) continue
      node.data = encodeState({ ...register, e: Math.max(0, register.e - by) })
      node.version++
    }
  }

  #boot(): void {
    const process = new SimulatedProcess(COORDINATION_HOST, this.#timeline)
    this.#process = process
    const { clock } = process
    let agreedMs = 0
    const service: CoordinationService = new CoordinationService({
      tree: this.#tree,
      append: ({ zxid }) => {
        const isSlow = this.#chance.chance(this.slowness)
        const delayMs = this.#chance.between(...AGREEMENT_MS) + (isSlow ? 500 : 0)
        // Agreement comes in order.
        agreedMs = Math.max(agreedMs, clock.monotonicMs() + delayMs)
        process.after(agreedMs - clock.monotonicMs(), () => service.durable(zxid))
      },
      tickMs: TICK_MS,
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      // Not drawn from the history's chance, which would then play another one.
      randomBytes: (length) => Buffer.alloc(length, ++this.#passwords),
      log: silentLog,
    })
    clock.every(TICK_MS, () => service.tick())
    let rememberedMs = 0
    clock.every(LAG_MS, () => {
      if (!this.isStale) return
      this.#tree.remember()
      rememberedMs = clock.monotonicMs()
    })
    void this.#network.of(process).listen({
      host: COORDINATION_HOST,
      port: COORDINATION_PORT,
      onError: () => undefined,
      accept: (stream) => {
        // What a session has seen it does not see undone, and a sync brings it up to date.
        let upToDateMs = clock.monotonicMs()
        const connection = new LossyConnection(stream, {
          loses: (frame) => this.isDeaf && isNotification(frame),
          received: (peer, frame) => {
            const isLate = this.isStale && rememberedMs > upToDateMs && isPlainRead(frame)
            if (isLate) this.#tree.lookingBack(() => service.received(peer, frame))
            else {
              service.received(peer, frame)
              upToDateMs = clock.monotonicMs()
            }
            // The request has its effect; its answer waits for agreement and finds nobody.
            const isLost = this.losesAnswerTo(frame)
            if (this.#chance.chance(this.ambiguity) || isLost) peer.destroy()
          },
          word: () => null,
          closed: (peer) => service.disconnected(peer),
          offended: () => undefined,
        })
        service.connected(connection)
      },
    })
  }
}

/** A connection on which some of what the service says gets lost. */
class LossyConnection extends ServerConnection {
  readonly #loses: (frame: Buffer) => boolean

  constructor(
    stream: ByteStream,
    owner: ServerConnectionOwner & { readonly loses: (frame: Buffer) => boolean },
  ) {
    super(stream, owner)
    this.#loses = owner.loses
  }

  override send(frame: Buffer): void {
    if (!this.#loses(frame)) super.send(frame)
  }
}

/** A frame: length u32, xid i32. */
function isNotification(frame: Buffer): boolean {
  return frame.length > 8 && frame.readInt32BE(4) === xids.event
}

/** exists, getData or getChildren that leaves no watch. */
const reads: ReadonlySet<number> = new Set([3, 4, 8, 12])

/** A request frame: xid i32, type i32, path, watch u8. */
function isPlainRead(frame: Buffer): boolean {
  return frame.length > 8 && reads.has(frame.readInt32BE(4)) && frame.at(-1) === 0
}

import { BrokerError } from '@quorate/core/base/errors'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { ListenOptions, Network, NetworkAddress } from '@quorate/core/transport/network'
import type { NetworkServer } from '@quorate/core/transport/network'
import type { Chance } from './chance.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { StreamEnd } from './simulated-stream.ts'
import type { Timeline } from './timeline.ts'

/** One way, in milliseconds. */
const DELAY_MS = [0.05, 0.4] as const
/** What is lost is sent again after up to so long, and again until it arrives. */
const RESEND_MS = 200

interface Listening {
  readonly process: SimulatedProcess
  readonly options: ListenOptions
  readonly ends: Set<StreamEnd>
}

/** Hosts by name, and what lies between them. Cuts are silent and may be one way. */
export class SimulatedNetwork {
  readonly timeline: Timeline
  readonly chance: Chance
  /** Share of flights that arrive in pieces. */
  splitting = 0
  /** Share of broken connections of which a part of what was in the air arrives. */
  tearing = 0
  /** Told of a piece that arrived by itself; `torn`: nothing came behind it. */
  onPiece: (torn: boolean) => void = () => undefined
  readonly #listening = new Map<string, Listening>()
  readonly #cuts = new Set<string>()
  readonly #slow = new Map<string, number>()
  readonly #ends = new Set<StreamEnd>()
  readonly #dark = new Set<string>()

  constructor(timeline: Timeline, chance: Chance) {
    this.timeline = timeline
    this.chance = chance
  }

  /** The network as this process sees it. */
  of(process: SimulatedProcess): Network {
    return {
      listen: (options) => this.#listen(process, options),
      connect: (address, signal) => this.#connect(process, address, signal),
    }
  }

  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  heal(): void {
    this.#cuts.clear()
    this.#slow.clear()
    this.splitting = 0
    this.tearing = 0
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from}>${to}`)
  }

  /** Adds this much to every delay from and to the host. */
  slowDown(host: string, ms: number): void {
    this.#slow.set(host, ms)
  }

  delayMs(from: string, to: string): number {
    const extra = (this.#slow.get(from) ?? 0) + (this.#slow.get(to) ?? 0)
    return this.chance.between(...DELAY_MS) + this.chance.random() * extra
  }

  /** Whatever leaves `from` arrives at `to`, as late as it must. */
  carry(from: string, to: string, arrive: () => void): void {
    this.timeline.after(this.delayMs(from, to), () => {
      if (this.isCut(from, to)) {
        this.timeline.after(this.resendMs(), () => this.carry(from, to, arrive))
      } else arrive()
    })
  }

  /**
   * Of so many bytes, how many arrive now; the rest comes later, or never. Often it is the first
   * bytes of a frame that are told apart: its length.
   */
  pieceOf(bytes: number, torn: boolean): number {
    const share = torn ? this.tearing : this.splitting
    if (share === 0 || bytes < 2 || !this.chance.chance(share)) return bytes
    this.onPiece(torn)
    return this.chance.integer(1, this.chance.chance(0.4) ? Math.min(8, bytes - 1) : bytes - 1)
  }

  resendMs(): number {
    return this.chance.between(RESEND_MS / 2, RESEND_MS)
  }

  /** Connections from and to the host break, with what was on the way. */
  reset(host: string): void {
    for (const end of [...this.#ends]) if (end.process.host === host) end.reset()
  }

  /** The process is gone: its kernel tells the peers, unless the power went with it. */
  ended(process: SimulatedProcess, options: { readonly powerCut: boolean }): void {
    for (const [key, { process: owner }] of this.#listening) {
      if (owner === process) this.#listening.delete(key)
    }
    if (options.powerCut) this.#dark.add(process.host)
    for (const end of [...this.#ends]) if (end.process === process) end.vanish(options.powerCut)
  }

  /** The machine boots: from now on it refuses what it does not know. */
  booted(host: string): void {
    this.#dark.delete(host)
  }

  isDark(host: string): boolean {
    return this.#dark.has(host)
  }

  forget(end: StreamEnd): void {
    this.#ends.delete(end)
  }

  #listen(process: SimulatedProcess, options: ListenOptions): Promise<NetworkServer> {
    const key = `${options.host}:${options.port}`
    return new Promise((resolve, reject) => {
      process.after(0.01, () => {
        if (this.#listening.has(key)) {
          reject(Object.assign(new Error(`EADDRINUSE ${key}`), { code: 'EADDRINUSE' }))
          return
        }
        const listening: Listening = { process, options, ends: new Set() }
        this.#listening.set(key, listening)
        resolve({
          address: { host: options.host, port: options.port },
          get connections() {
            for (const end of listening.ends) if (end.isClosed) listening.ends.delete(end)
            return listening.ends.size
          },
          close: () => {
            if (this.#listening.get(key) === listening) this.#listening.delete(key)
            for (const end of listening.ends) end.destroy()
            return Promise.resolve()
          },
        })
      })
    })
  }

  #connect(
    process: SimulatedProcess,
    address: NetworkAddress,
    signal?: AbortSignal,
  ): Promise<ByteStream> {
    const { host: from } = process
    const { host: to, port } = address
    return new Promise((resolve, reject) => {
      signal?.addEventListener(
        'abort',
        () => reject(lost(`connecting to ${to}:${port} was given up`)),
        { once: true },
      )
      this.carry(from, to, () => {
        if (this.#dark.has(to)) return
        const listening = this.#listening.get(`${to}:${port}`)
        if (listening === undefined) {
          const refusal = Object.assign(new Error(`ECONNREFUSED ${to}`), { code: 'ECONNREFUSED' })
          this.carry(to, from, () => process.enter(() => reject(lost(refusal.message, refusal))))
          return
        }
        const [near, far] = this.#join(process, listening.process, port)
        // The kernel accepts; the process may take its time.
        listening.process.enter(() => {
          if (far.isClosed) return
          listening.ends.add(far)
          listening.options.accept(far)
        })
        this.carry(to, from, () =>
          process.enter(() => {
            if (signal?.aborted === true) near.destroy()
            else resolve(near)
          }),
        )
      })
    })
  }

  #join(from: SimulatedProcess, to: SimulatedProcess, port: number): [StreamEnd, StreamEnd] {
    const near = new StreamEnd(this, from, { host: to.host, port })
    const far = new StreamEnd(this, to, { host: from.host, port: 0 })
    near.peer = far
    far.peer = near
    this.#ends.add(near).add(far)
    return [near, far]
  }
}

function lost(message: string, cause?: Error): BrokerError {
  return new BrokerError('CONNECTION_LOST', message, cause === undefined ? {} : { cause })
}

import { BrokerError, assert } from '@quorate/core/base/errors'
import type { ByteStream, ByteStreamOwner } from '@quorate/core/transport/byte-stream'
import type { NetworkAddress } from '@quorate/core/transport/network'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** What is on its way in one direction; `end` follows the bytes. */
interface Flight {
  buffers: Buffer[]
  bytes: number
  end: boolean
}

/** So much on its way counts as piled up: its owner is told when it has been handed on. */
const PILED_UP_BYTES = 4096

/**
 * One end of a connection. Bytes keep their order: what is written while some are in the air joins
 * them.
 *
 *   write -> [ flight in the air ] -> [ arrived ] -> received
 *
 * A flight may arrive in pieces, and of one whose connection breaks a beginning may arrive.
 */
export class StreamEnd implements ByteStream {
  readonly process: SimulatedProcess
  readonly remoteAddress: string
  peer: StreamEnd | null = null
  /**
   * Told of every write before it leaves, or gets lost: where the invariants look at what brokers
   * say.
   */
  onWrite: ((buffers: readonly Buffer[]) => void) | null = null
  readonly #network: SimulatedNetwork
  #owner: ByteStreamOwner | null = null
  #inAir: Flight | null = null
  /** Arrived at this end and not taken: the process reads nothing, or has no owner for it yet. */
  #arrived: Flight[] = []
  #outboundBytes = 0
  #isPiledUp = false
  #isPaused = false
  #isEnded = false
  #isClosed = false

  constructor(network: SimulatedNetwork, process: SimulatedProcess, remote: NetworkAddress) {
    this.#network = network
    this.process = process
    this.remoteAddress = `tcp://${remote.host}:${remote.port}`
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get outboundBytes(): number {
    return this.#outboundBytes
  }

  attach(owner: ByteStreamOwner): void {
    assert(this.#owner === null, 'a byte stream has one owner')
    this.#owner = owner
    // Broken before anybody could be told.
    if (this.#isClosed) this.process.after(0, () => owner.closed(null))
    else if (this.#arrived.length > 0) this.process.after(0, () => this.#take())
  }

  write(buffers: readonly Buffer[]): void {
    if (this.#isEnded) return
    this.onWrite?.(buffers)
    // Broken, and whoever writes has not been told: for all he knows it is sent.
    if (this.#isClosed) return
    const flight = this.#departure()
    for (const buffer of buffers) {
      flight.buffers.push(buffer)
      flight.bytes += buffer.length
      this.#outboundBytes += buffer.length
    }
    if (this.#outboundBytes >= PILED_UP_BYTES) this.#isPiledUp = true
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.process.after(0, () => this.#take())
  }

  end(): void {
    if (this.#isClosed || this.#isEnded) return
    this.#departure().end = true
    this.#isEnded = true
  }

  /** Closes both directions; the peer learns it as a reset. */
  destroy(): void {
    this.#close(null)
    this.#tellPeer()
  }

  /** Something between the two broke the connection, and both learn it. */
  reset(): void {
    const error = new BrokerError('CONNECTION_LOST', 'connection reset')
    this.#tear()
    if (this.peer !== null) this.peer.#tear()
    this.process.timeline.after(0, () => this.#close(error))
    this.#tellPeer()
  }

  /** Our process is gone. Without power nobody says goodbye: the peer waits for nothing. */
  vanish(powerCut: boolean): void {
    this.#tear()
    this.#isClosed = true
    this.#network.forget(this)
    if (!powerCut) this.#tellPeer()
  }

  #tellPeer(): void {
    const { peer } = this
    if (peer === null || peer.isClosed) return
    this.#network.carry(this.process.host, peer.process.host, () =>
      peer.#close(new BrokerError('CONNECTION_LOST', 'connection reset by peer')),
    )
  }

  /** The flight that takes what is written in this moment: the one in the air, if there is one. */
  #departure(): Flight {
    if (this.#inAir !== null) return this.#inAir
    const flight: Flight = { buffers: [], bytes: 0, end: false }
    this.#inAir = flight
    const delayMs = this.#network.delayMs(this.process.host, this.peer?.process.host ?? '')
    this.process.timeline.after(delayMs, () => this.#arrive(flight))
    return flight
  }

  /** At the other host; while the way is cut it is sent again and again. */
  #arrive(flight: Flight): void {
    const { peer } = this
    if (peer === null) return
    const [from, to] = [this.process.host, peer.process.host]
    if (this.#network.isCut(from, to)) {
      this.process.timeline.after(this.#network.resendMs(), () => this.#arrive(flight))
      return
    }
    const piece = this.#pieceOf(flight)
    if (piece === flight) this.#inAir = null
    if (peer.isClosed) {
      this.#inAir = null
      // A machine that runs, but knows nothing of the connection, says so.
      if (!this.#network.isDark(to)) peer.#tellPeer()
      return
    }
    peer.#arrived.push(piece)
    peer.process.enter(() => peer.#take())
    if (piece === flight) return
    this.process.timeline.after(this.#network.delayMs(from, to), () => this.#arrive(flight))
  }

  /** What arrives by itself: the whole flight, or a beginning that is taken out of it. */
  #pieceOf(flight: Flight): Flight {
    const length = this.#network.pieceOf(flight.bytes, false)
    if (length === flight.bytes) return flight
    const bytes = Buffer.concat(flight.buffers)
    flight.buffers = [bytes.subarray(length)]
    flight.bytes -= length
    return { buffers: [bytes.subarray(0, length)], bytes: length, end: false }
  }

  /** The connection breaks: of what is in the air only a beginning is left, and arrives at once. */
  #tear(): void {
    const { peer } = this
    const flight = this.#inAir
    if (flight === null || peer === null || peer.isClosed) return
    const length = this.#network.pieceOf(flight.bytes, true)
    if (length === flight.bytes) return
    const bytes = Buffer.concat(flight.buffers).subarray(0, length)
    flight.buffers = []
    flight.bytes = 0
    flight.end = false
    if (this.#network.isCut(this.process.host, peer.process.host)) return
    this.process.timeline.after(0, () => {
      if (peer.isClosed) return
      peer.#arrived.push({ buffers: [bytes], bytes: length, end: false })
      peer.process.enter(() => peer.#take())
    })
  }

  #take(): void {
    const owner = this.#owner
    while (owner !== null && !this.#isPaused && !this.#isClosed) {
      const flight = this.#arrived.shift()
      if (flight === undefined) return
      if (this.peer !== null) this.peer.#delivered(flight.bytes)
      if (flight.bytes > 0) {
        const [first] = flight.buffers
        const isOne = flight.buffers.length === 1 && first !== undefined
        owner.received(isOne ? Buffer.from(first) : Buffer.concat(flight.buffers))
      }
      if (flight.end) {
        this.#close(null)
        this.#tellPeer()
      }
    }
  }

  #delivered(bytes: number): void {
    this.#outboundBytes -= bytes
    if (this.#outboundBytes === 0 && this.#isPiledUp && !this.#isClosed) {
      this.#isPiledUp = false
      this.process.after(0, () => {
        if (!this.#isClosed) this.#owner?.drained()
      })
    }
  }

  #close(error: BrokerError | null): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#network.forget(this)
    this.#outboundBytes = 0
    this.#arrived = []
    const owner = this.#owner
    if (owner !== null) this.process.after(0, () => owner.closed(error))
  }
}

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { BrokerError, assert, toBrokerError } from '../base/errors.ts'
import type { ByteStream, ByteStreamOwner } from './byte-stream.ts'
import type { NetworkAddress } from './network.ts'

/** Idle time after which the kernel starts to probe a silent peer. */
const KEEP_ALIVE_DELAY_MS = 30_000

/** A connected TCP socket as a byte stream. */
export class TcpStream implements ByteStream {
  readonly remoteAddress: string
  readonly #socket: Socket
  #owner: ByteStreamOwner | null = null
  #error: BrokerError | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    this.remoteAddress = `tcp://${hostAndPort(socket.remoteAddress ?? '?', socket.remotePort ?? 0)}`
    // Answers are small and awaited; Nagle's algorithm would hold each back for the one before.
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    // Without a listener an error event ends the process; until there is an owner it is kept.
    socket.on('error', (error) => {
      this.#error ??= toBrokerError(error, 'CONNECTION_LOST')
    })
  }

  get outboundBytes(): number {
    return this.#socket.writableLength
  }

  attach(owner: ByteStreamOwner): void {
    assert(this.#owner === null, 'a byte stream has one owner')
    this.#owner = owner
    this.#socket.on('data', (bytes) => owner.received(bytes))
    this.#socket.on('drain', () => owner.drained())
    this.#socket.on('close', () => owner.closed(this.#error))
  }

  write(buffers: readonly Buffer[]): void {
    const socket = this.#socket
    if (!socket.writable) return
    if (buffers.length === 1) {
      socket.write(buffers[0] as Buffer)
      return
    }
    socket.cork()
    for (const buffer of buffers) socket.write(buffer)
    socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/**
 * Connects to a TCP address. Rejects with CONNECTION_LOST when nobody answers there, or when
 * `signal` aborts first; a connection that succeeds after that is closed again.
 */
export function connectTcp(address: NetworkAddress, signal?: AbortSignal): Promise<TcpStream> {
  return new Promise((resolve, reject) => {
    const where = hostAndPort(address.host, address.port)
    if (signal?.aborted === true) {
      reject(new BrokerError('CONNECTION_LOST', `connecting to ${where} was given up`))
      return
    }
    const socket = connect({ host: address.host, port: address.port })
    const onAbort = () => socket.destroy(new Error(`connecting to ${where} was given up`))
    const onError = (error: Error) => {
      signal?.removeEventListener('abort', onAbort)
      reject(new BrokerError('CONNECTION_LOST', error.message, { cause: error }))
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      socket.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
      resolve(new TcpStream(socket))
    })
  })
}

/** `127.0.0.1:61616`, `[::1]:61616`. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

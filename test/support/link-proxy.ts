import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { freePort } from './free-ports.ts'

/**
 * The way to one broker's replication port. Cut, it behaves like a network that swallows packets:
 * connections stay open and new ones are accepted, but nothing gets through - a closed or refusing
 * port would tell the others that the process is gone, which is another fault. Healed, it resets
 * the connections that were cut, for a byte stream with a hole is of no use to anybody.
 */
export class LinkProxy {
  readonly port: number
  readonly #server: Server
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  #isCut = false
  #carriedBytes = 0
  #bytesPerSecond = Infinity

  private constructor(server: Server, { port, targetPort }: { port: number; targetPort: number }) {
    this.#server = server
    this.port = port
    this.#targetPort = targetPort
    server.on('connection', (socket) => this.#join(socket))
  }

  static async open(targetPort: number): Promise<LinkProxy> {
    const port = await freePort()
    const server = createServer({ noDelay: true })
    server.listen({ host: '127.0.0.1', port })
    await once(server, 'listening')
    return new LinkProxy(server, { port, targetPort })
  }

  /** What went through to the broker, from all who dialled it. */
  get carriedBytes(): number {
    return this.#carriedBytes
  }

  /** Lets so much through to the broker on each connection, and waits for the rest. */
  slowDown(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  cut(): void {
    this.#isCut = true
  }

  heal(): void {
    if (!this.#isCut) return
    this.#isCut = false
    this.#resetAll()
  }

  async close(): Promise<void> {
    this.#resetAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #resetAll(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  #join(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#targetPort, noDelay: true })
    this.#carry(near, far)
    this.#carry(far, near)
    near.on('data', ({ length }: Buffer) => {
      this.#carriedBytes += length
      if (this.#bytesPerSecond === Infinity) return
      near.pause()
      setTimeout(() => near.resume(), (1000 * length) / this.#bytesPerSecond).unref()
    })
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      if (!this.#isCut) to.write(bytes)
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      if (!this.#isCut) to.destroy()
    })
  }
}

import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { WireParser } from './nats-parser.ts'
import type { WireMessage } from './nats-parser.ts'

const BLOCK_BYTES = 64 * 1024
const INTRODUCTION = {
  verbose: false,
  pedantic: false,
  headers: true,
  no_responders: true,
  protocol: 1,
  lang: 'node',
  version: '1',
}

export interface Publication {
  readonly subject: string
  readonly body: Uint8Array
  readonly reply?: string
  /** Lines, without the version of the first one. */
  readonly headers?: string
}

/**
 * A connection that publishes and subscribes, and nothing else. The client that there is for Node,
 * nats.js, used 11 to 13 µs of processor for a send and its confirmation where this uses 7 to 8,
 * and 5 µs for each delivery to a subscriber where this uses 2: time that it takes from servers
 * which share the cores with it, and are what is to be measured.
 */
export class WireConnection {
  readonly #socket: Socket
  readonly #callbacks: ((message: WireMessage) => void)[] = []
  readonly #ended: (reason: string) => void
  #pongs: (() => void)[] = []
  #block = Buffer.alloc(0)
  #from = 0
  #at = 0
  #willFlush = false

  /** `server` is host:port; `ended` hears why the connection is gone, unless it was closed. */
  private constructor(server: string, ended: (reason: string) => void) {
    const colon = server.lastIndexOf(':')
    const parser = new WireParser({
      onMessage: (subscription, message) => this.#callbacks[subscription]?.(message),
      onControl: (line) => this.#onControl(line),
    })
    this.#ended = ended
    this.#socket = connect({
      host: server.slice(0, colon),
      port: Number(server.slice(colon + 1)),
      noDelay: true,
    })
    this.#socket.on('data', (bytes: Buffer) => parser.push(bytes))
    this.#socket.on('error', (error) => ended(`${server}: ${error.message}`))
    this.#socket.on('end', () => ended(`${server} closed the connection`))
  }

  static async open(server: string, ended: (reason: string) => void): Promise<WireConnection> {
    const connection = new WireConnection(server, ended)
    connection.#socket.write(`CONNECT ${JSON.stringify(INTRODUCTION)}\r\n`)
    await connection.roundTrip()
    return connection
  }

  subscribe(subject: string, callback: (message: WireMessage) => void): void {
    const subscription = this.#callbacks.push(callback) - 1
    this.#socket.write(`SUB ${subject} ${subscription}\r\n`)
  }

  /** The server has taken everything that was written before. */
  async roundTrip(): Promise<void> {
    this.#flush()
    await new Promise<void>((resolve) => {
      this.#pongs.push(resolve)
      this.#socket.write('PING\r\n')
    })
  }

  publish({ subject, body, reply = '', headers }: Publication): void {
    if (headers === undefined) {
      this.#append(`PUB ${subject} ${reply} ${body.length}\r\n`, body)
      return
    }
    const head = `NATS/1.0\r\n${headers}\r\n\r\n`
    const lengths = `${head.length} ${head.length + body.length}`
    this.#append(`HPUB ${subject} ${reply} ${lengths}\r\n${head}`, body)
  }

  close(): void {
    this.#socket.destroy()
  }

  #append(head: string, body: Uint8Array): void {
    const bytes = head.length + body.length + 2
    if (this.#at + bytes > this.#block.length) {
      this.#flush()
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes))
      this.#from = this.#at = 0
    }
    this.#at += this.#block.write(head, this.#at, 'latin1')
    this.#block.set(body, this.#at)
    this.#at += body.length
    this.#at += this.#block.write('\r\n', this.#at, 'latin1')
    if (this.#willFlush) return
    this.#willFlush = true
    queueMicrotask(() => {
      this.#willFlush = false
      this.#flush()
    })
  }

  /** What is behind it in the block is for the next one: what was written stays as it is. */
  #flush(): void {
    if (this.#from === this.#at) return
    this.#socket.write(this.#block.subarray(this.#from, this.#at))
    this.#from = this.#at
  }

  #onControl(line: string): void {
    if (line === 'PING') this.#socket.write('PONG\r\n')
    else if (line === 'PONG') this.#pongs.shift()?.()
    else if (line.startsWith('-ERR')) this.#ended(line)
  }
}

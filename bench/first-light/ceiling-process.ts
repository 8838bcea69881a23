/**
 * One process of the ceiling: what the machine gives to bare Node that frames bodies, writes them
 * to three files and calls fdatasync, without a broker. Arguments: role, then what it needs.
 *
 *   follower FILE                      appends what it is sent, answers the position on disk
 *   leader FILE PORT PORT              appends too, confirms what two of three files hold
 *   load PORT SENDERS WINDOW WARMUP MEASURE   sends, counts confirmations, prints them
 *
 * Servers print their port. frame = length: int32, body. Confirmation = how many more sends of this
 * connection are confirmed: int32. Follower's answer = bytes on its disk: float64.
 */
import { closeSync, fdatasync, openSync, write, writeSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const FILE_BYTES = 64 * 1024 * 1024
const BODY_BYTES = 1024
const FRAME_BYTES = 4 + BODY_BYTES
const FILL = Buffer.alloc(1024 * 1024)

/** A preallocated file written round and round: at most one fdatasync runs, the rest waits. */
class RingFile {
  readonly #fd: number
  readonly #synced: (position: number) => void
  #queue: Buffer[] = []
  #position = 0
  #busy = false

  constructor(path: string, synced: (position: number) => void) {
    this.#fd = openSync(path, 'w')
    for (let at = 0; at < FILE_BYTES; at += FILL.length) writeSync(this.#fd, FILL)
    this.#synced = synced
    process.once('exit', () => closeSync(this.#fd))
  }

  append(bytes: Buffer): void {
    this.#queue.push(bytes)
    if (!this.#busy) this.#next()
  }

  #next(): void {
    if (this.#queue.length === 0) return
    this.#busy = true
    const batch = this.#queue.length === 1 ? this.#queue[0] : Buffer.concat(this.#queue)
    this.#queue = []
    if (batch === undefined) return
    const start = this.#position % FILE_BYTES
    const at = start + batch.length > FILE_BYTES ? 0 : start
    write(this.#fd, batch, 0, batch.length, at, (writeError) => {
      if (writeError !== null) throw writeError
      fdatasync(this.#fd, (syncError) => {
        if (syncError !== null) throw syncError
        this.#position += batch.length
        this.#busy = false
        this.#synced(this.#position)
        this.#next()
      })
    })
  }
}

function serve(onSocket: (socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, onSocket)
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
  })
}

function runFollower(path: string): void {
  serve((socket) => {
    const file = new RingFile(path, (position) => {
      const answer = Buffer.alloc(8)
      answer.writeDoubleBE(position)
      socket.write(answer)
    })
    socket.on('data', (bytes: Buffer) => file.append(bytes))
    socket.on('error', () => undefined)
  })
}

interface Unconfirmed {
  readonly end: number
  readonly socket: Socket
  readonly count: number
}

function runLeader(path: string, ports: readonly number[]): void {
  const waiting: Unconfirmed[] = []
  const onDisk = [0, 0, 0]
  let appended = 0
  const advance = (replica: number, position: number): void => {
    onDisk[replica] = position
    const committed = [...onDisk].sort((a, b) => a - b)[1] ?? 0
    let first = waiting[0]
    while (first !== undefined && first.end <= committed) {
      waiting.shift()
      const answer = Buffer.alloc(4)
      answer.writeInt32BE(first.count)
      first.socket.write(answer)
      first = waiting[0]
    }
  }
  const file = new RingFile(path, (position) => advance(0, position))
  const followers = ports.map((port, at) => {
    const follower = connect({ host: '127.0.0.1', port, noDelay: true })
    readFixed(follower, 8, (bytes) => advance(at + 1, bytes.readDoubleBE()))
    return follower
  })
  serve((socket) => {
    let partial: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      const bytes = partial.length === 0 ? chunk : Buffer.concat([partial, chunk])
      const whole = bytes.length - (bytes.length % FRAME_BYTES)
      partial = bytes.subarray(whole)
      if (whole === 0) return
      const batch = bytes.subarray(0, whole)
      for (const follower of followers) follower.write(batch)
      appended += whole
      waiting.push({ end: appended, socket, count: whole / FRAME_BYTES })
      file.append(batch)
    })
    socket.on('error', () => undefined)
  })
}

function readFixed(socket: Socket, size: number, onRecord: (bytes: Buffer) => void): void {
  let partial: Buffer = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    partial = partial.length === 0 ? chunk : Buffer.concat([partial, chunk])
    for (; partial.length >= size; partial = partial.subarray(size)) onRecord(partial)
  })
}

interface LoadShape {
  readonly port: number
  readonly senders: number
  readonly window: number
  readonly warmupMs: number
  readonly measureMs: number
}

async function runLoad(shape: LoadShape): Promise<void> {
  const frame = Buffer.alloc(FRAME_BYTES)
  frame.writeInt32BE(BODY_BYTES)
  const measured = { counting: false, confirmed: 0 }
  for (let sender = 0; sender < shape.senders; sender++) {
    const socket = connect({ host: '127.0.0.1', port: shape.port, noDelay: true })
    const send = (count: number): boolean =>
      socket.write(count === 1 ? frame : Buffer.concat(Array<Buffer>(count).fill(frame)))
    readFixed(socket, 4, (bytes) => {
      const count = bytes.readInt32BE()
      if (measured.counting) measured.confirmed += count
      send(count)
    })
    send(shape.window)
  }
  await delay(shape.warmupMs)
  const started = performance.now()
  measured.counting = true
  await delay(shape.measureMs)
  const seconds = (performance.now() - started) / 1000
  process.stdout.write(`${JSON.stringify({ confirmed: measured.confirmed, seconds })}\n`)
  process.exit(0)
}

const [role, ...words] = process.argv.slice(2)
const numbers = words.map(Number)
if (role === 'follower') runFollower(words[0] ?? '')
else if (role === 'leader') runLeader(words[0] ?? '', numbers.slice(1))
else {
  const [port = 0, senders = 1, window = 1, warmupMs = 0, measureMs = 0] = numbers
  await runLoad({ port, senders, window, warmupMs, measureMs })
}

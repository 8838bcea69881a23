/**
 * One process of the ceiling: what the machine gives to bare Node that frames bodies, writes them
 * to three files and calls fdatasync, without a broker. Arguments: role, then what it needs.
 *
 *   follower FILE            appends what it is sent, answers the position on disk
 *   leader FILE PORT PORT    appends too, confirms what two of three files hold
 *
 * Both print their port. Confirmation = how many more sends of this connection are confirmed:
 * int32. Follower's answer = bytes on its disk: float64.
 */
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { wholeFrames } from './ceiling-frames.ts'
import { readFixed } from './ceiling-records.ts'
import { RingFile } from './ceiling-ring-file.ts'

const BACKLOG = 5000

function serve(onSocket: (socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, onSocket)
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
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
      const whole = wholeFrames(bytes)
      partial = bytes.subarray(whole.bytes)
      if (whole.frames === 0) return
      const batch = bytes.subarray(0, whole.bytes)
      for (const follower of followers) follower.write(batch)
      appended += whole.bytes
      waiting.push({ end: appended, socket, count: whole.frames })
      file.append(batch)
    })
    socket.on('error', () => undefined)
  })
}

const [role, path = '', ...ports] = process.argv.slice(2)
if (role === 'follower') runFollower(path)
else if (role === 'leader') runLeader(path, ports.map(Number))
else throw new Error(`no role of the ceiling: ${role}`)

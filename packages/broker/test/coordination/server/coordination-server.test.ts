import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import { CoordinationServer } from '../../../src/coordination/server/coordination-server.ts'
import type { CoordinationServerOptions } from '../../../src/coordination/server/coordination-server.ts'
import { connectionLimits } from '../../../src/coordination/server/server-connection.ts'
import { ZooKeeperClient } from '../../../src/coordination/zookeeper/client.ts'

type Options = Omit<CoordinationServerOptions, 'clock' | 'log'>

function start(options: Options): Promise<CoordinationServer> {
  return CoordinationServer.start({ clock: systemClock, log: silentLog, tickMs: 100, ...options })
}

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-coordination-'))
  try {
    await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function withServer(
  work: (server: CoordinationServer) => Promise<void>,
  options: Partial<Options> = {},
): Promise<void> {
  await inDirectory(async (directory) => {
    const server = await start({ port: 0, directory, ...options })
    try {
      await work(server)
    } finally {
      await server.stop()
    }
  })
}

/** A client, and a promise of each of its news. */
function joinServer(port: number, sessionTimeoutMs = 5_000) {
  const heard: string[] = []
  const waiting = new Set<() => void>()
  const client = new ZooKeeperClient({
    connectString: `127.0.0.1:${port}`,
    sessionTimeoutMs,
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    listener: (event) => {
      heard.push(event.type === 'session' ? event.news : event.event.type)
      for (const check of waiting) check()
    },
  })
  client.start()
  const until = (news: string, times = 1) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (heard.filter((one) => one === news).length < times) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  return { client, until }
}

async function socketTo(server: CoordinationServer): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: server.port })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** What the server says until it hangs up. */
async function conversation(
  server: CoordinationServer,
  pieces: readonly Buffer[],
): Promise<string> {
  const socket = await socketTo(server)
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => (answer += text))
  const closed = once(socket, 'close')
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await closed
  return answer
}

describe('coordination server', () => {
  it('keeps nodes and sessions over a restart', () =>
    inDirectory(async (directory) => {
      const first = await start({ port: 0, directory })
      const { port } = first
      const { client, until } = joinServer(port)
      await until('connected')
      await client.create('/p', Buffer.from('kept'))
      await client.create('/e', null, { ephemeral: true })
      const { sessionId } = client
      await first.stop()
      await until('disconnected')
      const second = await start({ port, directory })
      await until('connected', 2)
      assert.equal(client.sessionId, sessionId)
      assert.equal((await client.get('/p')).data.toString(), 'kept')
      assert.equal((await client.get('/e')).stat.ephemeralOwner, sessionId)
      await client.close()
      await second.stop()
    }))
  it('answers four-letter words, also when they come in pieces', () =>
    withServer(async (server) => {
      assert.equal(await conversation(server, [Buffer.from('ruok')]), 'imok')
      assert.equal(
        await conversation(
          server,
          ['r', 'u', 'o', 'k'].map((c) => Buffer.from(c)),
        ),
        'imok',
      )
      const { client, until } = joinServer(server.port)
      await until('connected')
      assert.match(
        await conversation(server, [Buffer.from('srvr')]),
        /Mode: standalone\nNode count: 2/,
      )
      assert.match(await conversation(server, [Buffer.from('stat')]), /Clients:\n tcp:\/\/127/)
      await client.close()
    }))
  it('has a limit of connections', () =>
    withServer(
      async (server) => {
        const sockets = [await socketTo(server), await socketTo(server)]
        const third = await socketTo(server)
        await once(third, 'close')
        for (const socket of sockets) socket.destroy()
      },
      { connectionsMax: 2 },
    ))
  it('hangs up on who connects and says nothing', () =>
    withServer(
      async (server) => {
        const socket = await socketTo(server)
        await once(socket, 'close')
      },
      { tickMs: 10 },
    ))
  it('does not start where another one listens', () =>
    withServer(async (server) => {
      await inDirectory((directory) =>
        assert.rejects(start({ port: server.port, directory }), { code: 'ADDRESS_IN_USE' }),
      )
    }))
  it('does not start in a directory that another one uses', () =>
    inDirectory(async (directory) => {
      const server = await start({ port: 0, directory })
      await assert.rejects(start({ port: 0, directory }), { code: 'STORE_IN_USE' })
      await server.stop()
      await server.stop()
    }))
  it('stops without answering when its disk fails', () =>
    inDirectory(async (directory) => {
      const failures: string[] = []
      const server = await start({
        port: 0,
        directory: join(directory, 'data'),
        snapshotAfterBytes: 1,
        onFailure: ({ code }) => failures.push(code),
      })
      const { client, until } = joinServer(server.port)
      await until('connected')
      // The server may be putting a snapshot there at this very moment.
      await rm(join(directory, 'data'), { recursive: true, maxRetries: 50, retryDelay: 2 })
      // The first write is into the open file; then comes a new file, for which there is no place.
      const outcomes = await Promise.allSettled([
        client.create('/a', null),
        client.create('/b', null),
        client.create('/c', null),
      ])
      await until('disconnected')
      assert.deepEqual(failures, ['STORE_UNAVAILABLE'])
      assert.ok(outcomes.every((o) => o.status === 'fulfilled' || o.reason instanceof Error))
      await client.close()
      await server.stop()
    }))
  it('cuts off who announces too large a frame, and serves the others', () =>
    withServer(async (server) => {
      const huge = Buffer.alloc(4)
      huge.writeUInt32BE(connectionLimits.frameBytesMax + 1)
      assert.equal(await conversation(server, [huge]), '')
      const { client, until } = joinServer(server.port)
      await until('connected')
      await client.close()
    }))
  it('outlives any bytes', () =>
    withServer(async (server) => {
      const { client, until } = joinServer(server.port)
      await until('connected')
      const piece = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
      const framed = piece.map((body) => {
        const frame = Buffer.alloc(4 + body.length)
        frame.writeUInt32BE(body.length)
        frame.set(body, 4)
        return frame
      })
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(piece, framed), { maxLength: 6 }), async (pieces) => {
          const socket = await socketTo(server)
          for (const one of pieces) socket.write(one)
          socket.end()
          await once(socket.resume(), 'close')
        }),
        { numRuns: 100 },
      )
      assert.notEqual(await client.exists('/'), null)
      await client.close()
    }))
})

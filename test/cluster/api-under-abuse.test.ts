import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import type { BrokerNode } from '../support/broker-node.ts'
import { withCluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { waitUntil } from '../support/wait-until.ts'

const STREAMS = 10_000
/** At a time: more than the node has room for (EVENT_STREAMS_MAX), so that some are refused. */
const WAVE = 100
const MIB = 1024 * 1024
const MEMORY_GROWS_AT_MOST = 80 * MIB

function pidOf(node: BrokerNode): number {
  const { pid } = node
  assert.ok(pid !== null)
  return pid
}

/** Files and sockets that the process has open. */
function openOf(node: BrokerNode): number {
  return readdirSync(`/proc/${pidOf(node)}/fd`).length
}

function residentBytes(node: BrokerNode): number {
  const status = readFileSync(`/proc/${pidOf(node)}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Asks for a stream of events; drops it at once, or when the status of the answer is there. */
function openAndDrop(port: number, awaitsAnswer: boolean): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    const dropped = (status: number | null): void => {
      socket.destroy()
      resolve(status)
    }
    socket.once('error', reject)
    const request = 'GET /api/v1/events?watch=queue://FLOW HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
    socket.write(request, () => {
      if (!awaitsAnswer) dropped(null)
    })
    socket.once('data', (begin) => {
      dropped(Number(/^HTTP\/1\.1 (\d{3})/.exec(begin.toString('latin1'))?.[1]))
    })
  })
}

describe('the API of a broker under abuse', () => {
  it('keeps nothing of ten thousand streams that come and go, and messages flow meanwhile', () =>
    withCluster({ replicas: 1, deadlineMs: 120_000 }, async (cluster) => {
      const node = await cluster.leader()
      const client = new OpenWireClient([node.ports.client])
      await client.open()
      await client.consume('FLOW')
      const statuses = new Map<number | null, number>()
      const flood = async (streams: number): Promise<void> => {
        for (let opened = 0; opened < streams; opened += WAVE) {
          const wave = Array.from({ length: WAVE }, (_, i) =>
            openAndDrop(node.ports.console, i % 4 > 0),
          )
          await client.send('FLOW', `behind ${opened}`)
          for (const status of await Promise.all(wave)) {
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
          }
        }
      }
      const settled = async (open: number): Promise<void> => {
        const isBack = (): boolean => openOf(node) <= open
        await waitUntil(isBack, { what: `${open} open files and sockets`, timeoutMs: 10_000 })
      }
      const open = openOf(node)
      await flood(STREAMS / 5)
      await settled(open)
      const resident = residentBytes(node)
      await flood((STREAMS * 4) / 5)
      await settled(open)
      const grown = residentBytes(node) - resident
      assert.ok(grown < MEMORY_GROWS_AT_MOST, `grew by ${Math.round(grown / MIB)} MB`)
      // Some are refused: the node has room for 64 (EVENT_STREAMS_MAX).
      const counted = [...statuses].map(([status, count]) => `${status}: ${count}`).sort()
      assert.equal(counted.length, 3, counted.join())
      assert.ok(statuses.has(200) && statuses.has(503), counted.join())
      assert.equal(statuses.get(null), STREAMS / 4)
      for (let opened = 0; opened < STREAMS; opened += WAVE) {
        const received = await client.receive()
        assert.match(received?.text ?? 'nothing', /^behind \d+$/)
      }
      client.close()
    }))
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { defaultPolicy } from '../src/engine/policy/destination-policy.ts'
import { uncommittedMax } from '../src/engine/policy/flow-control.ts'
import { Serving } from '../src/serving.ts'
import { MemoryLog } from '../src/store/memory/memory-log.ts'
import { MemoryStore } from '../src/store/memory/memory-store.ts'

/** What serves on two free ports, and where, as far as it has said so. */
function servingOnTwo() {
  const ports: number[] = []
  const clock = new ManualClock()
  const disk = { lacksSpace: false }
  const note = (_message: string, fields?: Readonly<Record<string, unknown>>): void => {
    const port = /:(\d+)$/.exec(String(fields?.address))?.[1]
    if (port !== undefined) ports.push(Number(port))
  }
  const log = new MemoryLog()
  const uri = 'tcp://127.0.0.1:0'
  const serving = new Serving({
    connectors: ['one', 'two'].map((name) => ({ name, uri, publishedUri: '' })),
    uncommittedMax,
    limits: { destinations: [], memoryLimitBytes: 1 << 20, policies: [], otherwise: defaultPolicy },
    brokerName: 'cluster',
    brokerId: 'node01-1',
    clusterUris: [uri],
    store: new MemoryStore({ bodies: log }),
    logWriter: log,
    temporary: null,
    leaseValid: () => true,
    lacksSpace: () => disk.lacksSpace,
    schedule: (work) => setImmediate(work),
    network: tcpNetwork,
    clock,
    log: { ...silentLog, info: note, with: () => silentLog },
  })
  return { serving, ports, clock, disk }
}

describe('serving', () => {
  it('opens every port, and closes ports and connections when it stops', async () => {
    const { serving, ports } = servingOnTwo()
    await serving.start()
    assert.equal(ports.length, 2)
    const socket = connect({ host: '127.0.0.1', port: ports[0] ?? 0 })
    socket.on('error', () => {})
    await once(socket, 'data')
    serving.stop('another one leads')
    await once(socket, 'close')
    const late = connect({ host: '127.0.0.1', port: ports[1] ?? 0 })
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
  })

  it('that stops while it opens its ports opens no further one', async () => {
    const { serving, ports } = servingOnTwo()
    const starting = serving.start()
    serving.stop('another one leads')
    await starting
    assert.equal(ports.length, 1)
  })

  it('has senders wait for the space of the store, and looks whether there is some again', async () => {
    const { serving, clock, disk } = servingOnTwo()
    await serving.start()
    const shortages = (): readonly string[] => serving.view().flow.shortages
    assert.deepEqual(shortages(), [])
    disk.lacksSpace = true
    clock.advance(50)
    assert.deepEqual(shortages(), ['store'])
    disk.lacksSpace = false
    clock.advance(50)
    assert.deepEqual(shortages(), [])
    serving.stop('another one leads')
  })

  it('begins without space where there is none', async () => {
    const { serving, disk } = servingOnTwo()
    disk.lacksSpace = true
    await serving.start()
    assert.deepEqual(serving.view().flow.shortages, ['store'])
    serving.stop('another one leads')
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { uncommittedMax } from '../src/engine/policy/flow-control.ts'
import { Serving } from '../src/serving.ts'
import { MemoryLog } from '../src/store/memory/memory-log.ts'
import { MemoryStore } from '../src/store/memory/memory-store.ts'

/** What serves on two free ports, and where, as far as it has said so. */
function servingOnTwo(): { readonly serving: Serving; readonly ports: readonly number[] } {
  const ports: number[] = []
  const note = (_message: string, fields?: Readonly<Record<string, unknown>>): void => {
    const port = /:(\d+)$/.exec(String(fields?.address))?.[1]
    if (port !== undefined) ports.push(Number(port))
  }
  const log = new MemoryLog()
  const uri = 'tcp://127.0.0.1:0'
  const serving = new Serving({
    connectors: ['one', 'two'].map((name) => ({ name, uri, publishedUri: '' })),
    uncommittedMax,
    memoryLimitBytes: 1 << 20,
    brokerName: 'cluster',
    brokerId: 'node01-1',
    clusterUris: [uri],
    store: new MemoryStore({ bodies: log }),
    logWriter: log,
    leaseValid: () => true,
    schedule: (work) => setImmediate(work),
    network: tcpNetwork,
    clock: new ManualClock(),
    log: { ...silentLog, info: note, with: () => silentLog },
  })
  return { serving, ports }
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
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { Check } from '../../../src/cli/doctor/check.ts'
import { probeReach } from '../../../src/cli/doctor/cluster-probes.ts'
import { examineConsoles } from '../../../src/cli/doctor/consoles.ts'
import { examineWays } from '../../../src/cli/doctor/ways.ts'
import type { Member } from '../../../src/coordination/coordinator.ts'
import { sampleHint, sampleMember } from '../../coordination/sample-member.ts'
import { listeningApi } from '../../management/api/listening-api.ts'
import { sampleStatus } from '../../management/sample-status.ts'
import { examinedNode } from './examined-nodes.ts'

const TIMEOUT_MS = 5000
const HOST = '127.0.0.1'

/** A port of this machine where somebody takes connections, and says nothing. */
async function openPort(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.destroy())
  })
  server.listen({ host: HOST, port: 0 })
  await once(server, 'listening')
  t.after(() => closed(server))
  return portOf(server)
}

/** One where nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen({ host: HOST, port: 0 })
  await once(server, 'listening')
  const port = portOf(server)
  await closed(server)
  return port
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

/** `outcome subject topic: message`, the ports by their names. */
function lines(checks: readonly Check[], ports: Readonly<Record<string, number>>): string[] {
  return checks.map(({ outcome, subject, topic, message }) =>
    Object.entries(ports).reduce(
      (line, [name, port]) => line.replaceAll(`:${port}`, `:${name}`),
      `${outcome} ${subject} ${topic}: ${message}`,
    ),
  )
}

function member(nodeId: string, ports: { replication: number; clients: number }): Member {
  return sampleMember(nodeId, {
    replicationAddress: `${HOST}:${ports.replication}`,
    clientUris: [`tcp://${HOST}:${ports.clients}`],
  })
}

describe('ways that the doctor tries', () => {
  it('end where somebody listens, or where nobody does', async (t) => {
    const [open, shut] = [await openPort(t), await closedPort()]
    assert.equal(await probeReach({ host: HOST, port: open }, TIMEOUT_MS), 'open')
    assert.equal(await probeReach({ host: HOST, port: shut }, TIMEOUT_MS), 'refused')
  })

  it('lead to each port of each broker that is announced, clients to the leader', async (t) => {
    const ports = { open: await openPort(t), shut: await closedPort() }
    const members = [
      member('node01', { replication: ports.open, clients: ports.open }),
      member('node02', { replication: ports.shut, clients: ports.shut }),
    ]
    const announced = { members, leader: sampleHint(1, 'node01') }
    assert.deepEqual(lines(await examineWays([], announced, TIMEOUT_MS), ports), [
      `ok node01 way to replication: ${HOST}:open answers`,
      `ok node01 way to clients: ${HOST}:open answers`,
      `warning node02 way to replication: nobody listens at ${HOST}:shut, where ZooKeeper has it`,
      // A follower serves no clients.
      `ok node02 way to clients: nobody listens at ${HOST}:shut yet; its host answers`,
    ])
  })

  it('lead to each port of a broker of another machine that is only given', async (t) => {
    const ports = { open: await openPort(t), shut: await closedPort() }
    const given = examinedNode('node02', {
      hostname: HOST,
      connectUrl: `tcp://${HOST}:${ports.open}`,
      transportConnectors: `tcp://0.0.0.0:${ports.shut},tcp://localhost:61616`,
      consoleHost: '0.0.0.0',
      consolePort: String(ports.open),
    })
    const ways = await examineWays([given], null, TIMEOUT_MS)
    assert.deepEqual(lines(ways, ports), [
      `ok node02 way to replication: ${HOST}:open answers`,
      `ok node02 way to clients: nobody listens at ${HOST}:shut yet; its host answers`,
      'unknown node02 way to clients: localhost:61616 answers on its own machine only',
      `ok node02 way to console: ${HOST}:open answers`,
    ])
    assert.deepEqual(await examineWays([{ ...given, isLocal: true }], null, TIMEOUT_MS), [])
  })

  it('do not lead to what another machine has for itself alone', async (t) => {
    const open = await openPort(t)
    const away = sampleMember('node02', {
      // No address, so none of this machine.
      replicationAddress: '',
      clientUris: [`tcp://${HOST}:${open}`],
      consoleUrl: `http://${HOST}:${open}`,
    })
    const ways = await examineWays([], { members: [away], leader: null }, TIMEOUT_MS)
    const { checks } = await examineConsoles([], [away], TIMEOUT_MS)
    assert.deepEqual(lines([...ways, ...checks], { open }), [
      `unknown node02 way to clients: ${HOST}:open answers on its own machine only`,
      `unknown node02 way to console: http://${HOST}:open answers on its own machine only`,
    ])
  })
})

describe('consoles that the doctor asks', () => {
  it('tell of their brokers, and no console is left out silently', async (t) => {
    const api = await listeningApi(() => sampleStatus({ nodeId: 'node01', brokerName: 'orders' }))
    t.after(() => api.stop())
    const ports = { silent: await openPort(t), shut: await closedPort() }
    const urls = [api.url, `http://${HOST}:${ports.silent}`, `http://${HOST}:${ports.shut}`]
    const members = [...urls, api.url, 'ftp://node05'].map((consoleUrl, at) =>
      sampleMember(`node0${at + 1}`, { consoleUrl, replicationAddress: `${HOST}:1` }),
    )
    const { checks, peers } = await examineConsoles([examinedNode('node01')], members, TIMEOUT_MS)
    const api01 = { api: Number(new URL(api.url).port) }
    assert.deepEqual(lines(checks, { ...ports, ...api01 }), [
      `ok node01 way to console: http://${HOST}:api answers`,
      `warning node02 way to console: http://${HOST}:silent takes connections, ` +
        `but tells no status: no broker answers at http://${HOST}:silent`,
      `warning node03 way to console: nobody listens at http://${HOST}:shut, ` +
        'where ZooKeeper has it',
      `warning node04 way to console: http://${HOST}:api is that of "node01"`,
      'failed node05 way to console: ftp://node05: unreachable',
    ])
    assert.deepEqual(
      peers.map(({ status }) => status.nodeId),
      ['node01'],
    )
    const offset = peers[0]?.clockOffsetMs ?? Number.NaN
    assert.ok(Math.abs(offset) < TIMEOUT_MS, 'its clock is ours')
  })

  it('of this machine are asked as well where ZooKeeper does not have them', async (t) => {
    const api = await listeningApi(() => sampleStatus({ nodeId: 'node01', brokerName: 'orders' }))
    t.after(() => api.stop())
    const here = (nodeId: string, consolePort: number) => ({
      ...examinedNode(nodeId, { consolePort: String(consolePort) }),
      isLocal: true,
    })
    const nodes = [
      here('node01', Number(new URL(api.url).port)),
      here('node02', await closedPort()),
    ]
    const { checks, peers } = await examineConsoles(nodes, [], TIMEOUT_MS)
    assert.deepEqual(lines(checks, {}), [`ok node01 way to console: ${api.url} answers`])
    assert.equal(peers.length, 1)
  })
})

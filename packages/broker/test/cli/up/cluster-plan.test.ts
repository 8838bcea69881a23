import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  agreeOnReplicas,
  asWritten,
  environmentOfNodes,
  replicasOf,
  writeConfig,
} from '../../../src/cli/up/cluster-files.ts'
import { failoverUri, planCluster, portsOf } from '../../../src/cli/up/cluster-plan.ts'
import type { PlannedNode } from '../../../src/cli/up/cluster-plan.ts'
import { findOffset, takenPorts } from '../../../src/cli/up/free-ports.ts'
import { settingNames, variableOf } from '../../../src/config/broker-settings.ts'
import { loadBrokerOptions } from '../../../src/config/load.ts'

function withData(work: (data: string) => void): () => void {
  return () => {
    const data = mkdtempSync(join(tmpdir(), 'quorate-up-'))
    try {
      work(data)
    } finally {
      rmSync(data, { recursive: true })
    }
  }
}

function firstNode(data: string, changes: { readonly portOffset?: number } = {}): PlannedNode {
  const [node] = planCluster({ data, replicas: 3, portOffset: 0, ...changes }).nodes
  assert.ok(node !== undefined)
  return node
}

describe('the plan of a cluster', () => {
  it('has the ports and folders of the walkthrough', () => {
    const plan = planCluster({ data: '/d', replicas: 3, portOffset: 0 })
    assert.deepEqual(
      plan.nodes.map(({ nodeId, folder, clientPort, replicationPort, consolePort }) => [
        nodeId,
        folder,
        clientPort,
        replicationPort,
        consolePort,
      ]),
      [
        ['node01', '/d/node01', 61616, 63631, 8161],
        ['node02', '/d/node02', 61617, 63632, 8162],
        ['node03', '/d/node03', 61618, 63633, 8163],
      ],
    )
    assert.equal(plan.coordination?.port, 2181)
    assert.equal(plan.zkAddress, '127.0.0.1:2181')
    assert.equal(
      failoverUri(plan),
      'failover:(tcp://localhost:61616,tcp://localhost:61617,tcp://localhost:61618)',
    )
  })

  it('shifts every port, and none twice', () => {
    const plan = planCluster({ data: '/d', replicas: 5, portOffset: 100 })
    const ports = portsOf(plan)
    assert.equal(ports.length, 16)
    assert.equal(new Set(ports).size, 16)
    assert.ok(ports.includes(61_716) && ports.includes(2281))
    assert.throws(() => planCluster({ data: '/d', replicas: 3, portOffset: 1903 }), /above 1902/)
  })

  it('starts no coordination of ours where there is a ZooKeeper', () => {
    const zookeeper = 'zk1:2191,zk2:2192'
    const plan = planCluster({ data: '/d', replicas: 1, portOffset: 0, zookeeper })
    assert.equal(plan.coordination, null)
    assert.equal(plan.zkAddress, zookeeper)
  })

  it('writes configurations that a broker accepts', () => {
    const data = mkdtempSync(join(tmpdir(), 'quorate-up-'))
    const plan = planCluster({ data, replicas: 3, portOffset: 10, sync: 'quorum_mem' })
    for (const node of plan.nodes) {
      assert.ok(writeConfig(node))
      const { options } = loadBrokerOptions({ file: node.configPath })
      assert.equal(options.nodeId, node.nodeId)
      assert.equal(options.dataDirectory, node.folder)
      assert.equal(options.management.port, node.consolePort)
      assert.equal(options.replication.sync.words, 'quorum_mem')
      assert.equal(options.replication.advertisedAddress, `127.0.0.1:${node.replicationPort}`)
      assert.equal(options.coordination.zkAddress, '127.0.0.1:2191')
      assert.equal(options.coordination.zkPath, '/activemq/leveldb-stores')
    }
    rmSync(data, { recursive: true })
  })
})

describe('the files of a cluster', () => {
  it(
    'are written again at each start, unless they are the user’s',
    withData((data) => {
      assert.ok(writeConfig(firstNode(data)))
      assert.ok(writeConfig(firstNode(data, { portOffset: 20 })))
      const node = firstNode(data)
      assert.match(readFileSync(node.configPath, 'utf8'), /61636/)
      writeFileSync(node.configPath, 'nodeId: node01\nconsolePort: 9999\n')
      assert.equal(writeConfig(node), false)
      assert.equal(asWritten(node, {}).consolePort, 9999)
    }),
  )

  it(
    'fix the number of brokers',
    withData((data) => {
      assert.equal(replicasOf(data), undefined)
      assert.equal(agreeOnReplicas(data, undefined), 3)
      assert.equal(agreeOnReplicas(data, 5), 5)
      assert.throws(() => agreeOnReplicas(data, 2), /none of 1, 3, 5/)
      writeConfig(firstNode(data))
      assert.equal(agreeOnReplicas(data, undefined), 1)
      assert.throws(() => agreeOnReplicas(data, 3), /holds a cluster of 1/)
    }),
  )

  it('are not overridden by variables that would make all nodes the same', () => {
    const { nodes } = planCluster({ data: '/d', replicas: 3, portOffset: 0 })
    const { environment, leftOut } = environmentOfNodes(
      {
        PATH: '/bin',
        QUORATE_NODE_ID: 'x',
        QUORATE_CONSOLE_PORT: '1',
        QUORATE_CONNECT_URL: 'tcp://x:1',
        QUORATE_LOG_LEVEL: 'debug',
        QUORATE_SECURITY_TOKEN: 's',
      },
      nodes,
    )
    assert.deepEqual(environment, {
      PATH: '/bin',
      QUORATE_LOG_FORMAT: 'text',
      QUORATE_LOG_LEVEL: 'debug',
      QUORATE_SECURITY_TOKEN: 's',
    })
    assert.deepEqual(leftOut.toSorted(), [
      'QUORATE_CONNECT_URL',
      'QUORATE_CONSOLE_PORT',
      'QUORATE_NODE_ID',
    ])
  })

  it('leave every setting to the environment that the plan says nothing about', () => {
    const { nodes } = planCluster({ data: '/d', replicas: 3, portOffset: 0 })
    const all = Object.fromEntries(settingNames.map((name) => [variableOf(name), 'x']))
    const { environment, leftOut } = environmentOfNodes(all, nodes)
    const addresses = ['QUORATE_HOSTNAME', 'QUORATE_CONNECT_URL']
    assert.deepEqual(
      new Set(leftOut),
      new Set([...addresses, ...(nodes[0]?.planned ?? []).map(variableOf)]),
    )
    assert.deepEqual(new Set([...Object.keys(environment), ...leftOut]), new Set(Object.keys(all)))
  })

  it(
    'let policies, limits and what a confirmation promises come from the environment',
    withData((data) => {
      const given = {
        QUORATE_DESTINATION_POLICIES: '[{queue: ">", memoryLimit: 64mb}]',
        QUORATE_STORE_LIMIT: '2gb',
        QUORATE_SYNC: 'quorum_mem',
        QUORATE_REPLICAS: '5',
      }
      const optionsOf = (sync?: string) => {
        const { nodes } = planCluster({ data, replicas: 3, portOffset: 0, sync })
        const { environment } = environmentOfNodes(given, nodes)
        const [node] = nodes
        assert.ok(node !== undefined && writeConfig(node))
        return loadBrokerOptions({ file: node.configPath, environment }).options
      }
      const options = optionsOf()
      assert.equal(options.policies[0]?.memoryLimitBytes, 64 * 1024 ** 2)
      assert.equal(options.store.limitBytes, 2 * 1024 ** 3)
      assert.equal(options.replication.sync.words, 'quorum_mem')
      assert.equal(options.replication.replicas, 3)
      assert.equal(optionsOf('quorum_disk').replication.sync.words, 'quorum_disk', '--sync wins')
    }),
  )
})

describe('free ports', () => {
  it('are told from taken ones, and an offset is found past those', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    assert.deepEqual(await takenPorts([port]), [port])
    assert.equal(await findOffset((offset) => (offset < 30 ? [port] : [])), 30)
    await assert.rejects(
      findOffset(() => [port]),
      { code: 'ADDRESS_IN_USE' },
    )
    await new Promise((resolve) => server.close(resolve))
  })
})

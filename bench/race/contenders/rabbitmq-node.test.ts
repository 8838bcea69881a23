import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configurationOf, nodeEnvironment } from './rabbitmq-node.ts'

const cluster = { scripts: '/scripts', directory: '/race', epmdPort: 20001 }
const node = { name: 'node2@localhost', amqpPort: 20002, distributionPort: 20003 }

describe('a node of RabbitMQ', () => {
  it('has every file below the directory of the race', () => {
    const environment = Object.entries(nodeEnvironment(cluster, node))
    const files = environment.filter(([name]) => /(HOME|BASE|FILE|DIR)$/.test(name))
    assert.ok(files.length > 5)
    for (const [name, path] of files) assert.match(path, /^\/race(\/|$)/, name)
  })

  it('listens on loopback only, for clients and for other nodes', () => {
    const environment = nodeEnvironment(cluster, node)
    assert.equal(environment['RABBITMQ_NODE_IP_ADDRESS'], '127.0.0.1')
    assert.equal(environment['ERL_EPMD_ADDRESS'], '127.0.0.1')
    assert.match(environment['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS'] ?? '', /\{127,0,0,1\}/)
  })

  it('is told who else belongs to the cluster', () => {
    assert.equal(
      configurationOf(['a@localhost', 'b@localhost']),
      'cluster_formation.peer_discovery_backend = classic_config\n' +
        'cluster_formation.classic_config.nodes.1 = a@localhost\n' +
        'cluster_formation.classic_config.nodes.2 = b@localhost\n',
    )
  })
})

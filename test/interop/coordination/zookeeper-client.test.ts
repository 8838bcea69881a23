import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import { zookeeperClientSuite } from '../../conformance/coordination/zookeeper-client-suite.ts'
import { startZooKeeperEnsemble, withoutZookeeper } from '../../support/zookeeper.ts'

async function open(nodes: number) {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-zookeeper-'))
  const ensemble = await startZooKeeperEnsemble({ nodes, directory })
  return {
    connectString: ensemble.connectString,
    sessionTimeoutMs: 1_500,
    async stop() {
      await ensemble.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

describe('Apache ZooKeeper', { skip: withoutZookeeper() }, () => {
  zookeeperClientSuite('one ZooKeeper', () => open(1))
  zookeeperClientSuite('an ensemble of three', () => open(3))
})

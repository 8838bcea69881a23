import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import { coordinatorSuite } from '../../conformance/coordination/coordinator-suite.ts'
import { zookeeperHarness } from '../../conformance/coordination/zookeeper-harness.ts'
import { startZooKeeperEnsemble, withoutZookeeper } from '../../support/zookeeper.ts'

async function open(nodes: number, zkPassword?: string) {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-zookeeper-'))
  const ensemble = await startZooKeeperEnsemble({ nodes, directory })
  return zookeeperHarness({
    connectString: ensemble.connectString,
    sessionTimeoutMs: 1_500,
    ...(zkPassword === undefined ? {} : { zkPassword }),
    async stop() {
      await ensemble.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  })
}

describe('Apache ZooKeeper', { skip: withoutZookeeper() }, () => {
  coordinatorSuite('one ZooKeeper', () => open(1))
  coordinatorSuite('an ensemble of three, with a password', () => open(3, 'wonderland'))
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoordinationServer } from '@quorate/broker/coordination/server/coordination-server'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import { coordinatorSuite } from './coordinator-suite.ts'
import { zookeeperHarness } from './zookeeper-harness.ts'

async function open(zkPassword?: string) {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-coordination-'))
  const server = await CoordinationServer.start({
    port: 0,
    directory,
    clock: systemClock,
    log: silentLog,
    tickMs: 100,
  })
  return zookeeperHarness({
    connectString: `127.0.0.1:${server.port}`,
    sessionTimeoutMs: 600,
    ...(zkPassword === undefined ? {} : { zkPassword }),
    async stop() {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  })
}

coordinatorSuite('our own server', () => open())
coordinatorSuite('our own server, with a password', () => open('wonderland'))

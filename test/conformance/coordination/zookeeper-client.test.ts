import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoordinationServer } from '@quorate/broker/coordination/server/coordination-server'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import { zookeeperClientSuite } from './zookeeper-client-suite.ts'

zookeeperClientSuite('our own server', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-coordination-'))
  const server = await CoordinationServer.start({
    port: 0,
    directory,
    clock: systemClock,
    log: silentLog,
    tickMs: 100,
  })
  return {
    connectString: `127.0.0.1:${server.port}`,
    sessionTimeoutMs: 600,
    async stop() {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
})

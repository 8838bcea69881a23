import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@quorate/core/base/log'
import { LevelStore } from '@quorate/broker/store/leveldb/level-store'
import { storeSuite } from './store-suite.ts'
import type { SuiteStore } from './store-suite.ts'

const directories = new WeakMap<SuiteStore, string>()

storeSuite('LevelDB store', {
  async open(log, cacheBytes) {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-index-'))
    const store = await LevelStore.open({
      directory,
      clusterId: 'test',
      standing: () => 'held',
      bodies: log,
      onFailure: (error) => assert.fail(error),
      log: silentLog,
      cacheBytes,
    })
    directories.set(store, directory)
    return store
  },
  async close(store) {
    assert.ok(store instanceof LevelStore)
    await store.close({ checkpoint: false })
    await rm(directories.get(store) ?? assert.fail('opened here'), { recursive: true })
  },
})

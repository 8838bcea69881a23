import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SettingName } from '../../../src/config/broker-settings.ts'
import { readVocabulary } from '../../../src/config/xml/vocabulary.ts'
import { brokerWith, complaints, loadXml, springFile } from './installation-fixture.ts'

/** What becomes of a value, with all that is said of it. */
type Fate =
  | { readonly is: 'setting'; readonly name: SettingName; readonly value: unknown }
  /** The reason is all that is behind the name of the attribute. */
  | { readonly is: 'accepted' | 'unsupported' | 'wrong'; readonly says: string }

type Case = readonly [value: string, fate: Fate]

const set = (name: SettingName, value: unknown): Fate => ({ is: 'setting', name, value })
const accepted = (says: string): Fate => ({ is: 'accepted', says: `: ${says}` })
const unsupported = (says: string): Fate => ({ is: 'unsupported', says })
const wrong = (says: string): Fate => ({ is: 'wrong', says })

const notOurs = "is ActiveMQ's, not yet Quorate's"
const checked = 'every byte of the log is always checked'
const untuned =
  'the index is a checkpoint that is written in the background: there is nothing to tune'
const gathered = 'writes are gathered while the disk is busy, and never held back'
const remembered = 'producers are remembered in the log: 65,536 of them, each by its last message'
const oneLevelDb = 'there is one LevelDB here, and no Java class of one'
const oneProcess = 'a directory always belongs to one process'
const counts =
  'is none of 1, 3, 5 (three survive the loss of one, five of two; an even number survives no ' +
  'more than one fewer)'

const shared: Readonly<Record<string, readonly Case[]>> = {
  asyncBufferSize: [['4194304', accepted(gathered)]],
  directory: [['/srv/db', set('directory', '/srv/db')]],
  failoverProducersAuditDepth: [['2048', accepted(remembered)]],
  flushDelay: [['5', accepted(gathered)]],
  indexBlockRestartInterval: [['16', accepted(untuned)]],
  indexBlockSize: [['4096', accepted(untuned)]],
  indexCacheSize: [['268435456', accepted(untuned)]],
  indexCompression: [
    ['snappy', accepted(untuned)],
    ['none', accepted(untuned)],
  ],
  indexFactory: [['org.iq80.leveldb.impl.Iq80DBFactory', accepted(oneLevelDb)]],
  indexMaxOpenFiles: [['1000', accepted(untuned)]],
  indexWriteBufferSize: [['6291456', accepted(untuned)]],
  logCompression: [
    ['none', accepted('the log is not compressed')],
    ['snappy', unsupported(`: "snappy" ${notOurs}; here it is "none": the log is not compressed`)],
  ],
  logSize: [
    ['104857600', set('logSize', 104_857_600)],
    ['50mb', set('logSize', 50 * 1024 ** 2)],
    ['1kb', wrong('logSize: "1kb" must be at least 64kb and at most 2147483647')],
  ],
  maxFailoverProducersToTrack: [['64', accepted(remembered)]],
  monitorStats: [
    ['true', accepted('the status always tells what the store does')],
    ['false', accepted('the status always tells what the store does')],
  ],
  paranoidChecks: [
    ['true', accepted(checked)],
    ['false', accepted(checked)],
  ],
  verifyChecksums: [
    ['true', accepted(checked)],
    ['false', accepted(checked)],
  ],
}

const fates: Readonly<Record<string, Readonly<Record<string, readonly Case[]>>>> = {
  replicatedLevelDB: {
    ...shared,
    bind: [['tcp://0.0.0.0:61620', set('bind', 'tcp://0.0.0.0:61620')]],
    connectUrl: [['tcp://far.example:61619', set('connectUrl', 'tcp://far.example:61619')]],
    container: [['root', accepted('only names the Fabric container to others; Fabric is no more')]],
    hostname: [['near.example', set('hostname', 'near.example')]],
    replicas: [
      ['1', set('replicas', 1)],
      ['2', wrong(`replicas: "2" ${counts}`)],
      ['3', set('replicas', 3)],
      ['4', wrong(`replicas: "4" ${counts}`)],
      ['5', set('replicas', 5)],
      ['7', wrong(`replicas: "7" ${counts}`)],
    ],
    securityToken: [['token', set('securityToken', 'token')]],
    sync: ['quorum_mem', 'quorum_disk', 'local_disk, remote_mem'].map(
      (words) => [words, set('sync', words)] as const,
    ),
    weight: [['2', set('weight', 2)]],
    zkAddress: [['127.0.0.1:2191', set('zkAddress', '127.0.0.1:2191')]],
    zkPassword: [['password', set('zkPassword', 'password')]],
    zkPath: [['/activemq/leveldb-stores', set('zkPath', '/activemq/leveldb-stores')]],
    zkSessionTimeout: [['2s', set('zkSessionTimeout', 2000)]],
    zkSessionTmeout: [['3000', set('zkSessionTimeout', 3000)]],
  },
  levelDB: {
    ...shared,
    autoCompactionRatio: [['250', accepted('disk is freed as it pays, without a ratio')]],
    lockKeepAlivePeriod: [['0', accepted('the lock is the process itself')]],
    logDirectory: [
      ['log', unsupported(` ${notOurs}: the log is always in the directory of the store`)],
    ],
    sync: [
      ['true', set('sync', 'local_disk')],
      ['false', set('sync', 'local_mem')],
      ['quorum_mem', wrong('sync: "quorum_mem" is neither true nor false')],
    ],
    useLock: [
      ['true', accepted(oneProcess)],
      ['false', unsupported(`: "false" ${notOurs}; here it is "true": ${oneProcess}`)],
    ],
  },
}

const hint = '--ignore-unsupported goes on without what is not supported'

/** What is said of a file whose store is this: strictly, and when told to go on. */
function saidOf(store: string) {
  const text = springFile(brokerWith(`<persistenceAdapter>${store}</persistenceAdapter>`))
  const tell = (ignoreUnsupported: boolean) => ({
    complaints: complaints(text, { ignoreUnsupported }),
    loaded: () => loadXml(text, { ignoreUnsupported }),
  })
  return { strict: tell(false), ignoring: tell(true) }
}

function check(element: string, [name, value]: readonly [string, string], fate: Fate): void {
  const { strict, ignoring } = saidOf(`<${element} ${name}="${value}"/>`)
  const nameAt = `conf/activemq.xml:4:${23 + element.length}`
  const valueAt = `conf/activemq.xml:4:${25 + element.length + name.length}`
  const place = `"${name}" of <${element}>`
  if (fate.is === 'wrong') {
    assert.deepEqual(strict.complaints, [`${valueAt}: ${fate.says}`])
    assert.deepEqual(ignoring.complaints, strict.complaints)
    return
  }
  assert.deepEqual(ignoring.complaints, [])
  const { settings, places, activemq, doubts } = ignoring.loaded()
  const remarks = (activemq?.accepted ?? []).map(({ where, message }) => `${where}: ${message}`)
  const ignored = doubts.filter((line) => line.startsWith('not heeded: '))
  if (fate.is === 'unsupported') {
    const where = fate.says.startsWith(':') ? valueAt : nameAt
    const line = `${where}: ${place}${fate.says}`
    assert.deepEqual(strict.complaints, [line, hint])
    assert.deepEqual(ignored, [`not heeded: ${line}`])
    assert.deepEqual(remarks, [])
    return
  }
  assert.deepEqual(strict.complaints, [])
  assert.deepEqual(ignored, [])
  const expected = fate.is === 'accepted' ? [`${nameAt}: ${place}${fate.says}`] : []
  assert.deepEqual(remarks, expected)
  if (fate.is !== 'setting') return
  assert.equal(settings[fate.name], fate.value)
  assert.equal(places.get(fate.name), valueAt)
}

for (const [element, attributes] of Object.entries(fates)) {
  describe(`<${element}>`, () => {
    it('has exactly these attributes', () => {
      const known = readVocabulary().get(element)?.attributes.keys() ?? []
      assert.deepEqual([...known].sort(), Object.keys(attributes).sort())
    })

    for (const [name, cases] of Object.entries(attributes)) {
      for (const [value, fate] of cases) {
        it(`${name}="${value}" is ${fate.is}, and told so with the reason`, () => {
          check(element, [name, value], fate)
        })
      }
    }
  })
}

describe('a <locker>', () => {
  const locker = '<locker><shared-file-locker lockAcquireSleepInterval="5000"/></locker>'

  it('of a <levelDB> is not supported, with the reason', () => {
    const { strict, ignoring } = saidOf(`<levelDB>${locker}</levelDB>`)
    const line =
      `conf/activemq.xml:4:30: <locker> of <levelDB> ${notOurs}: ` +
      `${oneProcess}, and no other waits for it`
    assert.deepEqual(strict.complaints, [line, hint])
    assert.deepEqual(ignoring.complaints, [])
    assert.ok(ignoring.loaded().doubts.includes(`not heeded: ${line}`))
  })

  it('is looked into for mistakes all the same', () => {
    const { ignoring } = saidOf(`<levelDB>${locker.replace('Sleep', 'Slep')}</levelDB>`)
    assert.deepEqual(ignoring.complaints, [
      'conf/activemq.xml:4:58: unknown attribute "lockAcquireSlepInterval" of ' +
        '<shared-file-locker>; did you mean "lockAcquireSleepInterval"?',
    ])
  })

  it('of a <replicatedLevelDB> is a mistake, as in ActiveMQ', () => {
    const { strict, ignoring } = saidOf(`<replicatedLevelDB>${locker}</replicatedLevelDB>`)
    assert.deepEqual(strict.complaints, [
      'conf/activemq.xml:4:40: unknown element <locker> in <replicatedLevelDB>',
    ])
    assert.deepEqual(ignoring.complaints, strict.complaints)
  })
})

describe('a <levelDB> without sync', () => {
  it('waits for the disk', () => {
    const { strict } = saidOf('<levelDB/>')
    assert.equal(strict.loaded().settings.sync, 'quorum_disk')
  })
})

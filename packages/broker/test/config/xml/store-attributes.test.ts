import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readVocabulary } from '../../../src/config/xml/vocabulary.ts'
import { brokerWith, loadXml, springFile } from './installation-fixture.ts'

/** A value of each attribute that ActiveMQ accepts, and what becomes of it. */
type Fate = readonly [value: string, fate: 'setting' | 'accepted' | 'unsupported']

const shared: Readonly<Record<string, Fate>> = {
  asyncBufferSize: ['4194304', 'accepted'],
  directory: ['db', 'setting'],
  failoverProducersAuditDepth: ['2048', 'accepted'],
  flushDelay: ['5', 'accepted'],
  indexBlockRestartInterval: ['16', 'accepted'],
  indexBlockSize: ['4096', 'accepted'],
  indexCacheSize: ['268435456', 'accepted'],
  indexCompression: ['snappy', 'accepted'],
  indexFactory: ['org.iq80.leveldb.impl.Iq80DBFactory', 'accepted'],
  indexMaxOpenFiles: ['1000', 'accepted'],
  indexWriteBufferSize: ['6291456', 'accepted'],
  logCompression: ['snappy', 'unsupported'],
  logSize: ['104857600', 'setting'],
  maxFailoverProducersToTrack: ['64', 'accepted'],
  monitorStats: ['true', 'accepted'],
  paranoidChecks: ['true', 'accepted'],
  verifyChecksums: ['false', 'accepted'],
}

const fates: Readonly<Record<string, Readonly<Record<string, Fate>>>> = {
  replicatedLevelDB: {
    ...shared,
    bind: ['tcp://0.0.0.0:61619', 'setting'],
    connectUrl: ['tcp://far.example:61619', 'setting'],
    container: ['root', 'accepted'],
    hostname: ['near.example', 'setting'],
    replicas: ['3', 'setting'],
    securityToken: ['token', 'setting'],
    sync: ['quorum_mem', 'setting'],
    weight: ['2', 'setting'],
    zkAddress: ['127.0.0.1:2181', 'setting'],
    zkPassword: ['password', 'setting'],
    zkPath: ['/activemq/leveldb-stores', 'setting'],
    zkSessionTimeout: ['2s', 'setting'],
    zkSessionTmeout: ['2s', 'setting'],
  },
  levelDB: {
    ...shared,
    autoCompactionRatio: ['250', 'accepted'],
    lockKeepAlivePeriod: ['0', 'accepted'],
    logDirectory: ['log', 'unsupported'],
    sync: ['false', 'setting'],
    useLock: ['true', 'accepted'],
  },
}

for (const [element, attributes] of Object.entries(fates)) {
  describe(`<${element}>`, () => {
    it('has exactly these attributes', () => {
      const known = readVocabulary().get(element)?.attributes.keys() ?? []
      assert.deepEqual([...known].sort(), Object.keys(attributes).sort())
    })

    for (const [name, [value, fate]] of Object.entries(attributes)) {
      it(`${name}="${value}" is ${fate}`, () => {
        const store = `<persistenceAdapter><${element} ${name}="${value}"/></persistenceAdapter>`
        const text = springFile(brokerWith(store))
        const { activemq, places } = loadXml(text, { ignoreUnsupported: true })
        const at = `conf/activemq.xml:4:${23 + element.length}`
        const found = {
          setting: [...places.values()].some(
            (where) =>
              where === `${at.replace(/\d+$/, '')}${23 + element.length + name.length + 2}`,
          ),
          accepted: activemq?.accepted.some(({ where }) => where === at),
          unsupported: activemq?.unsupported.some(({ where }) =>
            where.startsWith('conf/activemq.xml:4:'),
          ),
        }
        const expected = { setting: false, accepted: false, unsupported: false, [fate]: true }
        assert.deepEqual(found, expected)
      })
    }
  })
}

describe('the sync of a plain <levelDB>', () => {
  const syncOf = (attribute: string): string => {
    const store = `<persistenceAdapter><levelDB ${attribute}/></persistenceAdapter>`
    return loadXml(springFile(brokerWith(store))).settings.sync
  }

  it('says whether the disk is waited for', () => {
    assert.equal(syncOf('sync="true"'), 'local_disk')
    assert.equal(syncOf('sync="false"'), 'local_mem')
    assert.equal(syncOf(''), 'quorum_disk')
  })
})

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { loadBrokerOptions } from '../../../src/config/load.ts'
import type { SettingName } from '../../../src/config/broker-settings.ts'
import type { LoadedSettings } from '../../../src/config/load.ts'
import { settingTextsOf } from '../../../src/config/setting-texts.ts'
import { writeActivemqXml } from '../../../src/config/xml/write-activemq-xml.ts'
import { writeYaml } from '../../../src/config/yaml-writer.ts'
import { inFolder } from './installation-fixture.ts'

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
/** Anything that a person could type, with all that XML and YAML have to escape. */
const secret = fc.stringMatching(/^[!-~äπ€]{1,20}$/).filter((text) => !/\$\{|#\{|^#\w/.test(text))
const size = fc.integer({ min: 1024 ** 2, max: 2 ** 40 })
const percent = fc.integer({ min: 1, max: 100 })
const port = fc.integer({ min: 0, max: 9 })

/** Files with users of the console, as they are named from beside the configuration. */
const userFiles: Readonly<Record<string, string>> = {
  'users.properties': 'near: hunter2, admin\n',
  'etc/jetty-realm.properties': 'below: hunter3, user\n',
  '../users.properties': 'above: hunter4\n',
}

const policy = fc.record(
  {
    memoryLimit: fc.nat(2 ** 40),
    producerFlowControl: fc.boolean(),
    sendFailIfNoSpace: fc.boolean(),
    sendFailIfNoSpaceAfterTimeout: fc.nat(3_600_000),
    pendingMessageLimit: fc.integer({ min: -1, max: 1_000_000 }),
  },
  { requiredKeys: [] },
)

const policies = fc
  .uniqueArray(fc.constantFrom('queue', 'topic', 'tempQueue', 'tempTopic'), { maxLength: 4 })
  .chain((targets) =>
    fc.tuple(
      ...targets.map((target) =>
        fc.tuple(policy, word).map(([words, name]) => ({
          [target]: target.startsWith('temp') ? true : `${name}.>`,
          ...words,
        })),
      ),
    ),
  )

/** One for each setting: the type of the table asks for a new one. */
const values: Readonly<Record<SettingName, fc.Arbitrary<unknown>>> = {
  brokerName: word,
  destinations: fc
    .uniqueArray(fc.tuple(fc.constantFrom('queue', 'topic'), word), {
      maxLength: 3,
      selector: ([kind, name]) => `${kind}://${name}`,
    })
    .map((all) => all.map(([kind, name]) => `${kind}://${name}`).join(', ')),
  nodeId: word,
  directory: fc.oneof(
    word,
    word.map((name) => `../${name}`),
    word.map((name) => `a/b/${name}`),
  ),
  replicas: fc.constantFrom(1, 3, 5),
  sync: fc.constantFrom('quorum_disk', 'quorum_mem', 'local_disk,remote_disk', 'local_disk'),
  bind: port.map((last) => `tcp://0.0.0.0:6300${last}`),
  hostname: word,
  connectUrl: word.map((host) => `tcp://${host}:9`),
  weight: fc.nat(1_000_000),
  securityToken: secret,
  zkPassword: secret,
  zkPath: word.map((name) => `/${name}`),
  zkAddress: word.map((host) => `${host}:2181`),
  zkSessionTimeout: fc.integer({ min: 1000, max: 100_000 }),
  logSize: fc.integer({ min: 64 * 1024, max: 2 ** 31 - 1 }),
  memoryLimit: size,
  storeLimit: size,
  storeLimitPercent: percent,
  tempLimit: fc.oneof(fc.constant(0), fc.nat(2 ** 40)),
  tempLimitPercent: percent,
  storeHeadRoom: fc.nat(2 ** 30),
  sendFailIfNoSpace: fc.boolean(),
  sendFailIfNoSpaceAfterTimeout: fc.nat(3_600_000),
  // Any of them fits the defaults of the others.
  heartbeat: fc.integer({ min: 10, max: 300 }),
  leaderLease: fc.integer({ min: 600, max: 700 }),
  electionTimeout: fc.integer({ min: 801, max: 1999 }),
  quorumTimeout: fc.integer({ min: 2000, max: 3_600_000 }),
  bootstrapGrace: fc.nat(60_000),
  stepDownOnZkExpiry: fc.boolean(),
  consoleHost: fc.constantFrom('127.0.0.1', '0.0.0.0'),
  consolePort: fc.integer({ min: 8000, max: 9000 }),
  consoleUsers: fc.constantFrom('', ...Object.keys(userFiles)),
  logLevel: fc.constantFrom('debug', 'info', 'warn', 'error', 'silent'),
  logFormat: fc.constantFrom('auto', 'text', 'json'),
  transportConnectors: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((names) =>
    names.map((name, at) => ({
      name,
      uri: `tcp://0.0.0.0:${7000 + at}?backlog=9&maximumConnections=5`,
    })),
  ),
  destinationPolicies: policies,
}

const settings = fc.record(values, { requiredKeys: [] })

function usersBeside(folder: string): Record<string, string> {
  const files = Object.entries(userFiles)
  return Object.fromEntries(files.map(([path, text]) => [normalize(`${folder}/${path}`), text]))
}

/** What a broker would be started with. */
function meaningOf({ options, settings: read }: LoadedSettings) {
  return { options, logLevel: read.logLevel, logFormat: read.logFormat }
}

describe('settings', () => {
  it('read back the same from the activemq.xml and the quorate.yaml that are made of them', () => {
    inFolder(usersBeside('installation'), (above) => {
      const folder = join(above, 'installation')
      const load = (file: string) => loadBrokerOptions({ file, folder, machineName: 'vega' })
      fc.assert(
        fc.property(settings, (written) => {
          writeFileSync(join(folder, 'first.yaml'), stringify(written))
          const first = load('first.yaml')
          writeFileSync(join(folder, 'made.xml'), writeActivemqXml(settingTextsOf(first), folder))
          const second = load('made.xml')
          assert.deepEqual(second.activemq?.unsupported, [])
          assert.deepEqual(meaningOf(second), meaningOf(first))
          const made = writeYaml(settingTextsOf(second), folder)
          writeFileSync(join(folder, 'made.yaml'), made)
          assert.deepEqual(meaningOf(load('made.yaml')), meaningOf(first))
          const { directory, consoleUsers } = parse(made) as Record<string, unknown>
          if (written.directory !== undefined) assert.equal(directory, written.directory)
          assert.equal(consoleUsers ?? '', written.consoleUsers ?? '')
        }),
        { numRuns: 60 },
      )
    })
  })

  it('name files near them from their own folder, and all others from the root', () => {
    inFolder(usersBeside('installation'), (above) => {
      const folder = join(above, 'installation')
      const paths = (directory: string, consoleUsers: string) => {
        const text = stringify({ directory, consoleUsers })
        writeFileSync(join(folder, 'a.yaml'), text)
        const loaded = loadBrokerOptions({ file: 'a.yaml', folder, machineName: 'vega' })
        const xml = writeActivemqXml(settingTextsOf(loaded), folder)
        return [/directory="(.*?)"/.exec(xml)?.[1], /consoleUsers">(.*?)</.exec(xml)?.[1]]
      }
      assert.deepEqual(paths('.', 'users.properties'), [
        '${activemq.conf}',
        '${activemq.conf}/users.properties',
      ])
      assert.deepEqual(paths('../data', '../users.properties'), [
        '${activemq.conf}/../data',
        '${activemq.conf}/../users.properties',
      ])
      const [far] = paths('/srv/quorate', 'users.properties')
      assert.equal(far, '/srv/quorate')
    })
  })

  it('are refused when an activemq.xml has no way to say them', () => {
    inFolder({}, (folder) => {
      const make = (text: string) => () => {
        writeFileSync(join(folder, 'a.yaml'), text)
        const loaded = loadBrokerOptions({ file: 'a.yaml', folder, machineName: 'vega' })
        return writeActivemqXml(settingTextsOf(loaded), folder)
      }
      assert.throws(make('securityToken: "${x}"'), /securityToken: its text cannot be written/)
      assert.throws(make('zkPassword: "a\\u0007"'), /zkPassword: its text cannot be written/)
      const uri = 'transportConnectors: [{uri: "tcp://a:1", publishedUri: "tcp://b:2"}]'
      assert.throws(make(uri), /no word for the publishedUri of "openwire"/)
    })
  })

  it('leave secrets outside of the file where they are: in other files and on the command line', () => {
    const text = `<beans xmlns="http://www.springframework.org/schema/beans">
      <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="location" value="p.properties"/></bean>
      <broker xmlns="http://activemq.apache.org/schema/core"><persistenceAdapter><replicatedLevelDB securityToken="\${token}"/></persistenceAdapter>
      <transportConnectors><transportConnector uri="tcp://0.0.0.0:1"/></transportConnectors></broker></beans>`
    inFolder({ 'a.xml': text, 'p.properties': 'quorate.zkPassword=hunter2\n' }, (folder) => {
      const defined = { token: 'hunter3' }
      const loaded = loadBrokerOptions({ file: 'a.xml', folder, machineName: 'vega', defined })
      assert.equal(loaded.options.coordination.zkPassword, 'hunter2')
      assert.equal(loaded.options.replication.securityToken, 'hunter3')
      assert.ok(!writeYaml(settingTextsOf(loaded), folder).includes('hunter'))
    })
  })

  it('leave secrets in the property files that they come from', () => {
    const bean = `<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="location" value="p.properties"/></bean>`
    const text = `<beans xmlns="http://www.springframework.org/schema/beans">${bean}
      <broker xmlns="http://activemq.apache.org/schema/core"><persistenceAdapter><replicatedLevelDB zkPassword="\${zk}"/></persistenceAdapter>
      <transportConnectors><transportConnector uri="tcp://0.0.0.0:1"/></transportConnectors></broker></beans>`
    inFolder({ 'a.xml': text, 'p.properties': 'zk=hunter2\n' }, (folder) => {
      const loaded = loadBrokerOptions({ file: 'a.xml', folder, machineName: 'vega' })
      assert.equal(loaded.options.coordination.zkPassword, 'hunter2')
      const said = settingTextsOf(loaded)
      assert.deepEqual(said.withheld, ['zkPassword'])
      assert.ok(!writeYaml(said, folder).includes('hunter2'))
    })
  })
})

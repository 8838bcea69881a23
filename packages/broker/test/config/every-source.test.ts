import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { settingNames, variableOf } from '../../src/config/broker-settings.ts'
import type { BrokerSettings, SettingName } from '../../src/config/broker-settings.ts'
import { loadBrokerOptions } from '../../src/config/load.ts'
import type { LoadRequest } from '../../src/config/load.ts'
import { brokerWith, inFolder, replicated, springFile } from './xml/installation-fixture.ts'
import type { Files } from './xml/installation-fixture.ts'

interface Example<N extends SettingName> {
  readonly text: string
  readonly value: BrokerSettings[N]
  /** What no source may take, where there is such a thing. */
  readonly wrong?: string
  /** The elements of an activemq.xml, for settings that are lists. */
  readonly elements?: { readonly right: string; readonly wrong: string }
}

const size = { text: '3 mb', value: 3 * 1024 ** 2, wrong: 'much' }
const percent = { text: '50', value: 50, wrong: '101' }
const connector = (uri: string) =>
  `<transportConnectors><transportConnector uri="${uri}"/></transportConnectors>`
const policy = (limit: string) =>
  `<destinationPolicy><policyMap><policyEntries><policyEntry queue="A" memoryLimit="${limit}"/>` +
  '</policyEntries></policyMap></destinationPolicy>'

/** None of these is the default. */
const examples: { readonly [N in SettingName]: Example<N> } = {
  brokerName: { text: 'orders', value: 'orders', wrong: 'a/b' },
  nodeId: { text: 'node-9', value: 'node-9', wrong: 'a/b' },
  directory: { text: '/srv/quorate', value: '/srv/quorate' },
  transportConnectors: {
    text: 'tcp://0.0.0.0:7001',
    value: [{ name: 'openwire', uri: 'tcp://0.0.0.0:7001', publishedUri: '' }],
    wrong: 'tcp://0.0.0.0',
    elements: { right: connector('tcp://0.0.0.0:7001'), wrong: connector('tcp://0.0.0.0') },
  },
  destinations: { text: 'queue://A', value: 'queue://A', wrong: 'queue://A.>' },
  memoryLimit: size,
  tempLimit: size,
  tempLimitPercent: percent,
  sendFailIfNoSpace: { text: 'true', value: true, wrong: 'treu' },
  sendFailIfNoSpaceAfterTimeout: { text: '1m30s', value: 90_000, wrong: 'soon' },
  destinationPolicies: {
    text: '[{queue: A, memoryLimit: 3 mb}]',
    value: [{ memoryLimit: 3 * 1024 ** 2, destination: { kind: 'queue', name: 'A' } }],
    wrong: '[{queue: A, memoryLimit: much}]',
    elements: { right: policy('3 mb'), wrong: policy('much') },
  },
  storeLimit: size,
  storeLimitPercent: percent,
  storeHeadRoom: size,
  replicas: { text: '5', value: 5, wrong: '4' },
  sync: { text: 'quorum_mem', value: 'quorum_mem', wrong: 'quorum_dsik' },
  bind: { text: 'tcp://0.0.0.0:7002', value: 'tcp://0.0.0.0:7002', wrong: 'udp://0.0.0.0:7002' },
  hostname: { text: 'near.example', value: 'near.example' },
  connectUrl: { text: 'tcp://far:7003', value: 'tcp://far:7003', wrong: 'far' },
  weight: { text: '7', value: 7, wrong: 'heavy' },
  securityToken: { text: 'token', value: 'token' },
  logSize: { ...size, wrong: '1kb' },
  heartbeat: { text: '50ms', value: 50, wrong: '1ms' },
  electionTimeout: { text: '1s', value: 1000, wrong: '1 second' },
  leaderLease: { text: '500', value: 500, wrong: '800ms' },
  quorumTimeout: { text: '3s', value: 3000, wrong: '2h' },
  bootstrapGrace: { text: '1m', value: 60_000, wrong: '-1' },
  zkAddress: { text: 'zk1:2181,zk2:2181', value: 'zk1:2181,zk2:2181', wrong: 'zk1' },
  zkPath: { text: '/mq', value: '/mq', wrong: 'mq' },
  zkPassword: { text: 'password', value: 'password' },
  zkSessionTimeout: { text: '4s', value: 4000, wrong: '1' },
  stepDownOnZkExpiry: { text: 'true', value: true, wrong: 'maybe' },
  consoleHost: { text: '127.0.0.2', value: '127.0.0.2' },
  consolePort: { text: '8199', value: 8199, wrong: '65536' },
  consoleUsers: { text: '/dev/null', value: '/dev/null' },
  logLevel: { text: 'debug', value: 'debug', wrong: 'wran' },
  logFormat: { text: 'json', value: 'json', wrong: 'xml' },
}

interface Source {
  readonly files: Files
  readonly request: LoadRequest
}

const configurer = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
const yaml = 'quorate.yaml'
const xml = 'conf/activemq.xml'

function activemqXml(inside: string, property = ''): string {
  const broker = brokerWith(`${replicated('')}\n${inside}`)
  // A list is there once: the connectors of the fixture give way.
  const connectors = /<transportConnectors>.*?<\/transportConnectors>/
  const text = inside.startsWith('<transportConnectors>') ? broker.replace(connectors, '') : broker
  return springFile(text, property)
}

/** This setting alone, said in every way that there is. */
function sourcesOf(name: SettingName, text: string, elements?: string): Record<string, Source> {
  const isList = name === 'transportConnectors'
  const inYaml = isList ? `\n  - ${text}` : ` ${text}`
  const words: Record<string, Source> = {
    'a quorate.yaml': { files: { [yaml]: `${name}:${inYaml}\n` }, request: { file: yaml } },
    'a flag': { files: {}, request: { flags: { [name]: text } } },
    'a variable': { files: {}, request: { environment: { [variableOf(name)]: text } } },
  }
  const request = { file: xml }
  if (elements !== undefined) {
    words['elements of an activemq.xml'] = { files: { [xml]: activemqXml(elements) }, request }
    return words
  }
  const props = `<props><prop key="quorate.${name}">${text}</prop></props>`
  const bean = `<bean class="${configurer}"><property name="properties">${props}</property></bean>`
  words['a property of an activemq.xml'] = { files: { [xml]: activemqXml('', bean) }, request }
  const defined = { [`quorate.${name}`]: text }
  words['-D'] = { files: { [xml]: activemqXml('') }, request: { ...request, defined } }
  return words
}

function load({ files, request }: Source) {
  return inFolder(files, (folder) => loadBrokerOptions({ folder, machineName: 'vega', ...request }))
}

/** What is wrong, without the place, which differs. */
function complaintOf(source: Source, wrong: string): string {
  try {
    load(source)
    return 'nothing'
  } catch (error) {
    assert.ok(error instanceof BrokerError)
    const { problems } = error.details as { problems: { message: string }[] }
    const [first] = problems.map(({ message }) => message)
    // Values that came by -D could be secrets.
    return (first ?? '').replace(/\$\{quorate\.\w+\}/, wrong)
  }
}

describe('each setting', () => {
  for (const name of settingNames) {
    const { text, value, wrong, elements } = examples[name]
    it(`${name} is the same value, of the same type, wherever it is said`, () => {
      for (const [source, said] of Object.entries(sourcesOf(name, text, elements?.right))) {
        assert.deepEqual(load(said).settings[name], value, source)
      }
      assert.notDeepEqual(loadBrokerOptions({ machineName: 'vega' }).settings[name], value)
    })

    if (wrong === undefined) continue
    it(`${name} is refused in the same words wherever it is wrong`, () => {
      const sources = sourcesOf(name, wrong, elements?.wrong)
      const told = Object.values(sources).map((source) => complaintOf(source, wrong))
      assert.notEqual(told[0], 'nothing')
      assert.deepEqual(new Set(told).size, 1, told.join('\n'))
    })
  }
})

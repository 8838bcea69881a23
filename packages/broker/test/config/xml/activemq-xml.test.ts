import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  brokerWith,
  complaints,
  complaintsAbout,
  inFolder,
  loadFiles,
  loadXml,
  replicated,
  springFile,
} from './installation-fixture.ts'
import { loadBrokerOptions } from '../../../src/config/load.ts'

const placeholders = `<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer">
  <property name="locations"><value>file:\${activemq.conf}/credentials.properties</value></property>
</bean>`

/** As ActiveMQ's own file is built, with the replicated store of its documentation. */
const stock = springFile(
  `<broker brokerName="orders" dataDirectory="\${activemq.data}" useJmx="true">
  <destinationPolicy><policyMap><policyEntries>
    <policyEntry topic=">" producerFlowControl="true">
      <pendingMessageLimitStrategy>
        <constantPendingMessageLimitStrategy limit="500"/>
      </pendingMessageLimitStrategy>
    </policyEntry>
    <policyEntry queue="ORDERS.>" memoryLimit="64 mb" sendFailIfNoSpaceAfterTimeout="2000"/>
    <policyEntry tempQueue="true" memoryLimit="1mb"/>
  </policyEntries></policyMap></destinationPolicy>
  <managementContext><managementContext createConnector="false"/></managementContext>
  <persistenceAdapter>
    <replicatedLevelDB directory="\${activemq.data}/leveldb" replicas="5" bind="tcp://0.0.0.0:62621"
      zkAddress="zk1:2181,zk2:2181" zkPassword="\${zk.password}" zkPath="/activemq/leveldb-stores"
      zkSessionTimeout="4s" hostname="one.example" sync="local_disk" weight="3" logSize="50mb"/>
  </persistenceAdapter>
  <systemUsage><systemUsage sendFailIfNoSpace="TRUE">
    <memoryUsage><memoryUsage percentOfJvmHeap="70"/></memoryUsage>
    <storeUsage><storeUsage limit="100 gb"/></storeUsage>
    <tempUsage><tempUsage limit="50 gb"/></tempUsage>
  </systemUsage></systemUsage>
  <destinations><queue physicalName="ORDERS.NEW"/><topic physicalName="PRICES"/></destinations>
  <transportConnectors>
    <transportConnector name="openwire" uri="tcp://0.0.0.0:61616?maximumConnections=1000&amp;wireFormat.maxFrameSize=104857600"/>
    <transportConnector name="nio" uri="nio://127.0.0.1:61618"/>
  </transportConnectors>
  <shutdownHooks><bean xmlns="http://www.springframework.org/schema/beans" class="org.apache.activemq.hooks.SpringContextHook"/></shutdownHooks>
</broker>`,
  `${placeholders}\n<import resource="jetty.xml"/>\n`,
)

const jetty = `<beans xmlns="http://www.springframework.org/schema/beans">
  <bean id="login" class="org.eclipse.jetty.security.HashLoginService">
    <property name="config" value="\${activemq.conf}/jetty-realm.properties"/>
  </bean>
  <bean id="jettyPort" class="org.apache.activemq.web.WebConsolePort">
    <property name="host" value="127.0.0.1"/><property name="port" value="8171"/>
  </bean>
  <bean id="c" class="org.eclipse.jetty.server.ServerConnector">
    <property name="port" value="#{systemProperties['jetty.port']}"/>
  </bean>
</beans>`

const files = {
  'conf/activemq.xml': stock,
  'conf/jetty.xml': jetty,
  'conf/jetty-realm.properties': 'admin: hunter3, admin\nuser: hunter4, user\n',
  'conf/credentials.properties': 'zk.password=hunter2\n',
}

describe('an activemq.xml', () => {
  it('becomes the options of a broker, with its property files and its jetty.xml', () => {
    inFolder(files, (folder) => {
      const request = { file: 'conf/activemq.xml', folder, machineName: 'vega' }
      const { options, settings, activemq } = loadBrokerOptions(request)
      assert.deepEqual(activemq?.unsupported, [])
      assert.equal(options.brokerName, 'orders')
      assert.equal(options.nodeId, 'one.example-62621')
      assert.equal(options.dataDirectory, `${folder}/data/leveldb`)
      const { users, ...address } = options.management
      assert.deepEqual(address, { host: '127.0.0.1', port: 8171 })
      assert.deepEqual(
        users.map(({ name, roles }) => [name, ...roles]),
        [
          ['admin', 'admin'],
          ['user', 'user'],
        ],
      )
      assert.equal(options.replication.replicas, 5)
      assert.equal(options.replication.advertisedAddress, 'one.example:62621')
      assert.equal(options.replication.sync.words, 'local_disk')
      assert.equal(options.replication.weight, 3)
      assert.equal(options.replication.logSizeBytes, 50 * 1024 ** 2)
      assert.deepEqual(options.coordination, {
        zkAddress: 'zk1:2181,zk2:2181',
        zkPath: '/activemq/leveldb-stores',
        zkPassword: 'hunter2',
        zkSessionTimeoutMs: 4000,
      })
      assert.equal(settings.sendFailIfNoSpace, true)
      assert.equal(options.store.limitBytes, 100 * 1024 ** 3)
      assert.equal(options.tempLimitBytes, 50 * 1024 ** 3)
      assert.deepEqual(options.destinations, [
        { kind: 'queue', name: 'ORDERS.NEW' },
        { kind: 'topic', name: 'PRICES' },
      ])
    })
  })

  it('has connectors with the options of their URIs, and policies', () => {
    const { settings } = loadFiles(files)
    assert.deepEqual(settings.transportConnectors, [
      {
        name: 'openwire',
        uri: 'tcp://0.0.0.0:61616?maximumConnections=1000&wireFormat.maxFrameSize=104857600',
        publishedUri: '',
      },
      { name: 'nio', uri: 'nio://127.0.0.1:61618', publishedUri: '' },
    ])
    assert.deepEqual(settings.destinationPolicies, [
      {
        destination: { kind: 'topic', name: '>' },
        producerFlowControl: true,
        pendingMessageLimit: 500,
      },
      {
        destination: { kind: 'queue', name: 'ORDERS.>' },
        memoryLimit: 64 * 1024 ** 2,
        sendFailIfNoSpaceAfterTimeout: 2000,
      },
      { destination: { kind: 'temp-queue', name: '>' }, memoryLimit: 1024 ** 2 },
    ])
  })

  describe('of slow subscribers of topics, for which there is a limit here,', () => {
    const limit =
      '<pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="7"/>' +
      '</pendingMessageLimitStrategy>'
    const kept = 'the newest 1000 are kept, where ActiveMQ keeps all, as limit="-1" does'
    const everyOther =
      'conf/activemq.xml:2:1: <broker> without a <policyEntry topic=">">: of what waits for a ' +
      `slow subscriber of a topic that has no entry, ${kept}`
    const doubtsOf = (entries: string): readonly string[] => {
      const policies = `<policyMap><policyEntries>${entries}</policyEntries></policyMap>`
      const inside = `${replicated('zkPath="/a"')}<destinationPolicy>${policies}</destinationPolicy>`
      return loadXml(springFile(brokerWith(inside))).doubts
    }

    it('doubts an entry without one', () => {
      const all = `<policyEntry topic=">">${limit}</policyEntry>`
      const entries = `<policyEntry topic="A">${limit}</policyEntry><policyEntry queue="B"/>${all}`
      assert.deepEqual(doubtsOf(entries), [])
      const [doubt = '', ...others] = doubtsOf(`${entries}<policyEntry topic="PRICES.>"/>`)
      assert.match(doubt, /^conf\/activemq\.xml:6:\d+: <policyEntry topic="PRICES\.>"> without /)
      assert.ok(doubt.endsWith(`: of what waits for a slow subscriber, ${kept}`), doubt)
      assert.deepEqual(others, [])
    })

    it('doubts a broker that says nothing of most topics, once', () => {
      assert.deepEqual(loadXml(springFile(brokerWith(replicated('zkPath="/a"')))).doubts, [
        everyOther,
      ])
      assert.deepEqual(doubtsOf('<policyEntry queue=">"/><policyEntry tempTopic="true"/>'), [
        everyOther,
      ])
      assert.deepEqual(doubtsOf(`<policyEntry topic="A.>">${limit}</policyEntry>`), [everyOther])
    })

    it('doubts an entry for all topics and nothing else', () => {
      const doubts = doubtsOf('<policyEntry topic=">"/>')
      assert.equal(doubts.length, 1, doubts.join('\n'))
      assert.match(doubts[0] ?? '', /: <policyEntry topic=">"> without pendingMessageLimitStrategy/)
    })

    it('doubts nothing of a quorate.yaml, which ActiveMQ never read', () => {
      const folderOf = { 'quorate.yaml': 'zkPath: /a\n' }
      assert.deepEqual(loadFiles(folderOf, { file: 'quorate.yaml' }).doubts, [])
    })
  })

  it('takes a percentage of the heap that ActiveMQ would have: 1 GiB, or what -Xmx says', () => {
    assert.equal(loadFiles(files).options.memoryLimitBytes, Math.floor(0.7 * 1024 ** 3))
    const environment = { ACTIVEMQ_OPTS_MEMORY: '-Xms64M -Xmx2G', ACTIVEMQ_OPTS: '-Xmx512m' }
    const less = loadFiles(files, { environment }).options.memoryLimitBytes
    assert.equal(less, Math.floor(0.7 * 512 * 1024 ** 2))
  })

  it('warns that local_disk loses what only the leader has', () => {
    const { doubts } = loadFiles(files)
    assert.deepEqual(
      doubts.filter((line) => line.startsWith('sync')),
      [
        'sync local_disk: confirmed messages can be lost with the machine of the leader, since no ' +
          'other broker is waited for',
      ],
    )
  })

  it('says what is accepted and means nothing here, with place and reason', () => {
    const accepted = loadFiles(files).activemq?.accepted ?? []
    const lines = accepted.map(({ where, message }) => `${where}: ${message}`)
    assert.ok(
      lines.includes(
        'conf/activemq.xml:2:109: "useJmx" of <broker>: is about JMX, which Quorate does not have: ' +
          'its HTTP API is always there',
      ),
      lines.join('\n'),
    )
    const of = (word: string): boolean => lines.some((line) => line.includes(word))
    for (const word of ['createConnector', '<shutdownHooks>']) assert.ok(of(word), word)
  })

  it('names the users of the console as read, without their passwords', () => {
    const { activemq } = loadFiles(files)
    const names = activemq?.consoleUsers.map(({ name, roles }) => ({ name, roles }))
    assert.deepEqual(names, [
      { name: 'admin', roles: ['admin'] },
      { name: 'user', roles: ['user'] },
    ])
    const remarks = JSON.stringify(activemq?.accepted)
    assert.match(remarks, /2 users of the HTTP API/)
    assert.ok(!/hunter/.test(remarks))
  })

  it('gives way to variables and flags', () => {
    const environment = { QUORATE_REPLICAS: '3' }
    const { options } = loadFiles(files, { environment, flags: { nodeId: 'mine' } })
    assert.equal(options.replication.replicas, 3)
    assert.equal(options.nodeId, 'mine')
  })

  it('has defaults that promise more than those of ActiveMQ, and no console without jetty.xml', () => {
    const { options, doubts } = loadXml(springFile(brokerWith(replicated('zkPath="/a"'))))
    assert.equal(options.replication.sync.words, 'quorum_disk')
    assert.equal(options.coordination.zkSessionTimeoutMs, 8000)
    assert.deepEqual(options.management, { host: '127.0.0.1', port: 0, users: [] })
    assert.ok(!doubts.some((line) => line.startsWith('sync')), doubts.join('\n'))
  })

  it('may be the broker alone, and may say amq: before each word', () => {
    const core = 'http://activemq.apache.org/schema/core'
    const connectors =
      '<transportConnectors><transportConnector uri="tcp://127.0.0.1:1"/></transportConnectors>'
    const alone = `<broker xmlns="${core}" brokerName="a">${connectors}</broker>`
    assert.equal(loadXml(alone).options.brokerName, 'a')
    const prefixed = connectors.replaceAll(/<(\/?)(\w)/g, '<$1amq:$2')
    const text = `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:amq="${core}">
      <amq:broker brokerName="b">${prefixed}</amq:broker></beans>`
    assert.equal(loadXml(text).options.brokerName, 'b')
  })

  it('takes settings that ActiveMQ has no words for as properties', () => {
    const props =
      '<props><prop key="quorate.nodeId">n1</prop><prop key="quorate.heartbeat">50ms</prop></props>'
    const type = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
    const bean = `<bean class="${type}"><property name="properties">${props}</property></bean>`
    const text = springFile(brokerWith(replicated('')), bean)
    assert.equal(loadXml(text).options.nodeId, 'n1')
    assert.equal(loadXml(text).options.replication.heartbeatMs, 50)
    const defined = { 'quorate.nodeId': 'n2' }
    assert.equal(loadXml(springFile(brokerWith('')), { defined }).options.nodeId, 'n2')
    assert.match(
      complaints(text.replace('heartbeat', 'hartbeat')).join(),
      /did you mean "heartbeat"/,
    )
  })

  it('is a broker without replicas when its store is not a replicated one', () => {
    const { options, doubts } = loadXml(
      springFile(brokerWith('<persistenceAdapter><levelDB directory="db"/></persistenceAdapter>')),
    )
    assert.equal(options.replication.replicas, 1)
    assert.equal(options.replication.bind, 'tcp://127.0.0.1:0')
    assert.equal(options.nodeId, 'vega-61616')
    assert.equal(options.coordination.zkPath, '/quorate-single/vega-61616')
    assert.match(doubts.join('\n'), /a broker without replicas asks a ZooKeeper too/)
  })

  it('warns of a store of ActiveMQ where its own is to be', () => {
    const store = replicated('directory="${activemq.data}/leveldb"')
    const files = { 'conf/activemq.xml': springFile(brokerWith(store)) }
    const of = (name: string) =>
      loadFiles({ ...files, [`data/leveldb/${name}`]: '' }).doubts.filter((line) =>
        line.includes('holds a store'),
      )
    assert.deepEqual(of('0000000000000000.log'), [
      'data/leveldb holds a store of ActiveMQ: its messages are not read',
    ])
    assert.deepEqual(of('broker.log'), [])
  })

  it('is read or refused whatever is broken in it, and never more than that', () => {
    const broken = fc.record({ at: fc.nat(stock.length), length: fc.nat(8), text: fc.string() })
    fc.assert(
      fc.property(broken, ({ at, length, text }) => {
        const file = stock.slice(0, at) + text + stock.slice(at + length)
        complaintsAbout({ ...files, 'conf/activemq.xml': file })
      }),
      { numRuns: 100 },
    )
  })
})

describe('three brokers of one machine', () => {
  const broker = (port: number, bind: number) =>
    springFile(
      `<broker brokerName="cluster" dataDirectory="\${activemq.data}/${port}">
        ${replicated(`bind="tcp://0.0.0.0:${bind}" zkPath="/activemq/leveldb-stores"`)}
        <transportConnectors><transportConnector uri="tcp://0.0.0.0:${port}"/></transportConnectors>
      </broker>`,
    )
  const nodesOf = (binds: readonly number[]) =>
    binds.map((bind, at) => loadXml(broker(61616 + at, bind)).options.nodeId)

  it('differ by the port of their replication address, at each start in the same way', () => {
    const nodes = ['vega-62621', 'vega-62622', 'vega-62623']
    assert.deepEqual(nodesOf([62621, 62622, 62623]), nodes)
    assert.deepEqual(nodesOf([62621, 62622, 62623]), nodes)
  })

  it('differ by the port of their clients where the other one is chosen at each start', () => {
    assert.deepEqual(nodesOf([0, 0, 0]), ['vega-61616', 'vega-61617', 'vega-61618'])
  })

  it('have no port in common', () => {
    const ports = [62621, 62622].map((bind, at) => {
      const { options } = loadXml(broker(61616 + at, bind))
      return [
        options.management.port,
        options.replication.bind,
        options.transportConnectors[0]?.uri,
      ]
    })
    assert.deepEqual(ports, [
      [0, 'tcp://0.0.0.0:62621', 'tcp://0.0.0.0:61616'],
      [0, 'tcp://0.0.0.0:62622', 'tcp://0.0.0.0:61617'],
    ])
  })
})

describe('a broker whose store is not supported', () => {
  it('is one without replicas when it goes on without that store, and says so', () => {
    for (const store of ['<jdbcPersistenceAdapter/>', '<bean xmlns="urn:x" class="Mine"/>']) {
      const text = springFile(brokerWith(`<persistenceAdapter>${store}</persistenceAdapter>`))
      const { options, doubts } = loadXml(text, { ignoreUnsupported: true })
      assert.equal(options.replication.replicas, 1)
      assert.equal(options.replication.bind, 'tcp://127.0.0.1:0')
      assert.ok(doubts.some((line) => /^without <\w+> this broker is one without/.test(line)))
    }
  })
})

describe('the console of an activemq.xml', () => {
  const withJetty = (text: string) =>
    loadFiles({
      'conf/activemq.xml': springFile(brokerWith(''), '<import resource="jetty.xml"/>'),
      'conf/jetty.xml': text,
    }).options.management

  it('is where a connector of Jetty is, in older files', () => {
    const bean = `<beans xmlns="http://www.springframework.org/schema/beans"><bean class="org.eclipse.jetty.server.nio.SelectChannelConnector">
      <property name="host" value="\${jetty.host:127.0.0.1}"/><property name="port" value="8099"/></bean></beans>`
    assert.deepEqual(withJetty(bean), { host: '127.0.0.1', port: 8099, users: [] })
  })

  it('has no users whose passwords cannot be checked, wherever their file is named', () => {
    const files = {
      'conf/activemq.xml': springFile(brokerWith('')),
      'u.properties': 'a: CRYPT:x\n',
    }
    const line = complaintsAbout(files, { flags: { consoleUsers: 'u.properties' } }).join()
    assert.match(line, /^u.properties:1:1: user "a"/)
  })

  it('is everywhere when Jetty is told no host, in the oldest files', () => {
    const first =
      '<jetty xmlns="http://mortbay.com/schemas/jetty/1.0"><connectors><nioConnector port="8161"/></connectors></jetty>'
    assert.deepEqual(withJetty(first), { host: '0.0.0.0', port: 8161, users: [] })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  brokerWith,
  complaints,
  complaintsAbout,
  loadXml,
  replicated,
  springFile,
} from './installation-fixture.ts'

const hint = '--ignore-unsupported goes on without what is not supported'

describe('a wrong activemq.xml stops the start', () => {
  it('1: an attribute that is misspelt', () => {
    assert.deepEqual(complaints(springFile(brokerWith(replicated('zkAdress="zk1:2181"')))), [
      'conf/activemq.xml:5:24: unknown attribute "zkAdress" of <replicatedLevelDB>; ' +
        'did you mean "zkAddress"?',
    ])
  })

  it('2: an element that is misspelt', () => {
    const text = springFile(brokerWith('  <persistenceAdaptor/>'))
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:4:3: unknown element <persistenceAdaptor> in <broker>; ' +
        'did you mean "persistenceAdapter"?',
    ])
  })

  it('3: values of the wrong kind, all at once', () => {
    const wrong =
      'replicas="2" sync="quorum_dsik" logSize="large" zkSessionTimeout="soon" weight="-1"'
    assert.deepEqual(complaints(springFile(brokerWith(replicated(wrong)))), [
      'conf/activemq.xml:5:34: replicas: "2" is none of 1, 3, 5' +
        ' (three survive the loss of one, five of two; an even number survives no more than one fewer)',
      'conf/activemq.xml:5:104: weight: "-1" must be at least 0 and at most 1000000',
      'conf/activemq.xml:5:65: logSize: "large" is no size like 64kb or 100mb',
      'conf/activemq.xml:5:90: zkSessionTimeout: "soon" is no duration like 800ms or 2s',
    ])
  })

  it('4: a sync word that nobody knows', () => {
    assert.deepEqual(complaints(springFile(brokerWith(replicated('sync="quorum_dsik"')))), [
      'conf/activemq.xml:5:30: sync: unknown word "quorum_dsik"; did you mean "quorum_disk"? ' +
        '(local_mem, local_disk, remote_mem, remote_disk, quorum_mem, quorum_disk)',
    ])
  })

  it('destinations that are none, or more than one', () => {
    const queues = '<queue physicalName="A.&gt;"/>\n<topic physicalName="B,C"/>'
    const text = springFile(brokerWith(`<destinations>${queues}</destinations>`))
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:4:36: "physicalName" of <queue>: "queue://A.>" is a pattern: it names no ' +
        'single destination',
      'conf/activemq.xml:5:22: "physicalName" of <topic>: one destination has no comma',
    ])
  })

  it('5: an option of a URI that is misspelt, and one with a wrong value', () => {
    const uri = 'tcp://0.0.0.0:61616?maximumConections=5&amp;wireFormat.cacheSize=none'
    const connector = `<transportConnector name="a" uri="${uri}"/>`
    const text = springFile(
      `<broker>\n<transportConnectors>${connector}</transportConnectors>\n</broker>`,
    )
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:3:56: "uri" of <transportConnector>: unknown option ' +
        '"maximumConections"; did you mean "maximumConnections"?',
      'conf/activemq.xml:3:56: "uri" of <transportConnector>: wireFormat.cacheSize must be a ' +
        "number from 1 to 32767, not 'none'",
    ])
  })

  it('6: a placeholder that nobody explains', () => {
    const text = springFile(brokerWith(replicated('directory="${activemq.date}/db"')))
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:5:35: nobody says what "${activemq.date}" is: no property file, no ' +
        '-Dactivemq.date=..., no variable of the environment; did you mean "activemq.data"?',
    ])
  })

  it('7: a value without the element that it belongs into', () => {
    const text = springFile(brokerWith('  <systemUsage sendFailIfNoSpace="true"/>'))
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:4:16: <systemUsage> has no attributes here: they belong to an element ' +
        'inside of it, as in <systemUsage><... sendFailIfNoSpace="..."/></systemUsage>',
    ])
  })

  it('8: a file that is no XML', () => {
    assert.deepEqual(complaints('<beans>\n  <broker>\n</beans>'), [
      'conf/activemq.xml:3:8: no well-formed XML: unexpected close tag',
    ])
  })

  it('9: files that are not there, and a value from a file that stays hidden', () => {
    const type = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
    const locations =
      '<value>file:${activemq.conf}/secret.properties</value><value>none.properties</value>'
    const property = `<property name="locations"><list>${locations}</list></property>`
    const beside = `<bean class="${type}">${property}</bean>
<import resource="jetty.xml"/>\n`
    const files = {
      'conf/activemq.xml': springFile(brokerWith(replicated('replicas="${count}"')), beside),
      'conf/secret.properties': 'count=hunter2\n',
    }
    assert.deepEqual(complaintsAbout(files), [
      'conf/activemq.xml:8:173: conf/none.properties: no such file',
      'conf/activemq.xml:9:19: conf/jetty.xml: no such file',
      'conf/activemq.xml:5:34: replicas: "${count}" is no whole number',
    ])
  })

  it("10: what is ActiveMQ's and not yet Quorate's, all of it", () => {
    const inside = `  <plugins><simpleAuthenticationPlugin/><statisticsBrokerPlugin/></plugins>
  <networkConnectors><networkConnector uri="static:(tcp://b:61616)"/></networkConnectors>
  <transportConnectors>
    <transportConnector name="stomp" uri="stomp://0.0.0.0:61613"/>
  </transportConnectors>
  <persistenceAdapter><kahaDB directory="k"/></persistenceAdapter>`
    const text = springFile(
      brokerWith(inside, 'persistent="false"'),
      '<bean class="org.example.Mine"/>\n',
    )
    assert.deepEqual(complaints(text), [
      'conf/activemq.xml:11:1: <bean> org.example.Mine: Quorate runs no Java classes',
      'conf/activemq.xml:2:68: "persistent" of <broker>: "false" is ActiveMQ\'s, not yet Quorate\'s; ' +
        'here it is "true": this cannot be switched off',
      "conf/activemq.xml:4:12: <simpleAuthenticationPlugin> in <plugins> is ActiveMQ's, not yet " +
        "Quorate's",
      "conf/activemq.xml:4:41: <statisticsBrokerPlugin> in <plugins> is ActiveMQ's, not yet " +
        "Quorate's",
      "conf/activemq.xml:5:22: <networkConnector> in <networkConnectors> is ActiveMQ's, not yet " +
        "Quorate's",
      "conf/activemq.xml:7:43: a connector for stomp: is ActiveMQ's, not yet Quorate's",
      "conf/activemq.xml:9:23: <kahaDB> is ActiveMQ's, not yet Quorate's: messages in KahaDB are " +
        'not read, and without it this broker is one without replicas, with a store of its own in ' +
        'that directory',
      hint,
    ])
    const { options, doubts } = loadXml(text, { ignoreUnsupported: true })
    assert.deepEqual(
      options.transportConnectors.map(({ name }) => name),
      ['openwire'],
    )
    assert.equal(
      doubts.filter((line) => line.startsWith('not heeded: conf/activemq.xml:')).length,
      7,
    )
  })

  it('and more: a second store, a value in a place of another, a word that is no boolean', () => {
    const lines = (inside: string): string[] => complaints(springFile(brokerWith(inside)))
    const second = '<persistenceAdapter><levelDB directory="x"/></persistenceAdapter>'
    assert.deepEqual(lines(`${replicated('replicas="3"')}\n${second}`), [
      'conf/activemq.xml:7:1: a second <persistenceAdapter> in <broker>, which has one',
    ])
    assert.deepEqual(lines('<destinationPolicy><levelDB/></destinationPolicy>'), [
      'conf/activemq.xml:4:20: <levelDB> belongs into <persistenceAdapter>, not into ' +
        '<destinationPolicy>',
    ])
    assert.deepEqual(complaints(springFile(brokerWith('', 'persistent="treu"'))), [
      'conf/activemq.xml:2:68: "persistent" of <broker>: "treu" is neither true nor false; did you mean "true"?',
    ])
  })

  it('and more: a second of what there is one of', () => {
    const lines = (inside: string): string[] => complaints(springFile(brokerWith(inside)))
    const usage = (name: string, limit: string) =>
      `<${name}Usage><${name}Usage limit="${limit}"/></${name}Usage>`
    const system = (inside: string) =>
      `<systemUsage><systemUsage>${inside}</systemUsage></systemUsage>`
    assert.deepEqual(lines(`${system(usage('store', '1gb'))}\n${system(usage('store', '2gb'))}`), [
      'conf/activemq.xml:5:1: a second <systemUsage> in <broker>, which has one',
    ])
    assert.deepEqual(lines(system(`${usage('store', '1gb')}\n${usage('store', '2gb')}`)), [
      'conf/activemq.xml:5:1: a second <storeUsage> in <systemUsage>, which has one',
    ])
    assert.deepEqual(lines('<systemUsage><systemUsage/>\n<systemUsage/></systemUsage>'), [
      'conf/activemq.xml:5:1: <systemUsage> is a second value in <systemUsage>, which has one',
    ])
    assert.deepEqual(lines('<persistenceAdapter><levelDB/>\n<levelDB/></persistenceAdapter>'), [
      'conf/activemq.xml:5:1: <levelDB> is a second value in <persistenceAdapter>, which has one',
    ])
    const queues = '<destinations><queue physicalName="A"/><queue physicalName="B"/></destinations>'
    assert.deepEqual(lines(queues), [])
  })

  it('and more: a connector for JMX, which the API is instead of', () => {
    const of = (value: string): string[] => {
      const context = `<managementContext createConnector="${value}"/>`
      return complaints(springFile(brokerWith(`<managementContext>${context}</managementContext>`)))
    }
    assert.deepEqual(of('true'), [
      'conf/activemq.xml:4:56: "createConnector" of <managementContext>: "true" is ActiveMQ\'s, ' +
        'not yet Quorate\'s; here it is "false": there is no JMX: the HTTP API is always there',
      hint,
    ])
    assert.deepEqual(of('false'), [])
  })

  it('and more: a broker in no namespace is told once, whatever is in it', () => {
    const text = springFile(brokerWith(replicated(''))).replace(/ xmlns="[^"]*core"/, '')
    const message = '<broker> needs xmlns="http://activemq.apache.org/schema/core"'
    assert.deepEqual(complaints(text), [`conf/activemq.xml:2:1: ${message}`])
  })

  it('and more: no limit, where ours of 0 would mean no room', () => {
    const usage = (name: string) =>
      `<systemUsage><systemUsage><${name}><${name} limit="0"/></${name}></systemUsage></systemUsage>`
    for (const name of ['memoryUsage', 'storeUsage', 'tempUsage']) {
      const [line = ''] = complaints(springFile(brokerWith(usage(name))))
      assert.match(line, /: "limit" of <\w+>: a broker without this limit is ActiveMQ's/)
    }
  })

  it('and more: no connector, two brokers, no broker, a misspelt word in what is not read', () => {
    const lines = (text: string): string => complaints(text).join('\n')
    assert.match(lines(springFile('<broker/>')), /:2:1: no transportConnector in it for tcp or nio/)
    assert.match(lines(springFile('<broker/>\n<broker/>')), /:3:1: a second <broker>/)
    assert.match(lines('<beans/>'), /:1:1: there is no <broker> in it/)
    assert.match(lines('<broker/>'), /:1:1: <broker> needs xmlns="http:/)
    assert.match(
      lines(springFile(brokerWith('<plugins><statisticsBrokerPlugn/></plugins>'))),
      /:4:10: unknown element <statisticsBrokerPlugn>; did you mean "statisticsBrokerPlugin"/,
    )
    const policy =
      '<destinationPolicy><policyMap><policyEntries><policyEntry queue="A" prioritizedMessages="true"/></policyEntries></policyMap></destinationPolicy>'
    assert.match(
      lines(springFile(brokerWith(policy))),
      /"prioritizedMessages" of <policyEntry>: "true" is ActiveMQ's, not yet Quorate's/,
    )
  })
})

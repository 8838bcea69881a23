import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readVocabulary } from '../../../src/config/xml/vocabulary.ts'
import {
  brokerWith,
  complaints,
  complaintsAbout,
  loadXml,
  replicated,
  springFile,
} from './installation-fixture.ts'

const broker = (attributes: string): string => springFile(brokerWith('', attributes))
const store = (element: string): string =>
  springFile(brokerWith(`<persistenceAdapter>${element}</persistenceAdapter>`))

describe('a value that means nothing here', () => {
  it('stops the start when ActiveMQ would refuse it, with the nearest word', () => {
    const column = (attribute: string) => `conf/activemq.xml:2:${57 + attribute.indexOf('"')}`
    const refusals: readonly (readonly [attribute: string, message: string])[] = [
      ['useJmx="treu"', '"treu" is neither true nor false; did you mean "true"?'],
      ['useJmx="constructor"', '"constructor" is neither true nor false'],
      ['restartAllowed=""', '"" is neither true nor false'],
      ['systemExitOnShutdownExitCode="one"', '"one" is no whole number'],
      ['mbeanInvocationTimeout="5s"', '"5s" is no whole number'],
      ['vmConnectorURI="localhost"', '"localhost" is no URI'],
      ['schedulePeriodForDestinationPurge="never"', '"never" is no whole number'],
      ['maxInflatedDataSize="lots"', '"lots" is no size like 64kb or 100mb'],
    ]
    for (const [attribute, message] of refusals) {
      const [name = ''] = attribute.split('=')
      assert.deepEqual(complaints(broker(attribute)), [
        `${column(attribute)}: "${name}" of <broker>: ${message}`,
      ])
    }
  })

  it('stops the start in a store too', () => {
    const refusals: readonly (readonly [attribute: string, message: string])[] = [
      ['indexCacheSize="lots"', '"lots" is no size like 64kb or 100mb'],
      ['verifyChecksums="x"', '"x" is neither true nor false'],
      ['indexMaxOpenFiles="1k"', '"1k" is no whole number'],
      ['indexCompression="snapy"', '"snapy" is none of none, snappy; did you mean "snappy"?'],
      ['logCompression="zip"', '"zip" is none of none, snappy'],
      ['indexFactory="org.iq80, no class"', '"org.iq80, no class" is no name of a Java class'],
    ]
    for (const [attribute, message] of refusals) {
      const [name = ''] = attribute.split('=')
      const at = `conf/activemq.xml:5:${24 + attribute.indexOf('"') + 1}`
      assert.deepEqual(complaints(springFile(brokerWith(replicated(attribute)))), [
        `${at}: "${name}" of <replicatedLevelDB>: ${message}`,
      ])
    }
  })

  it('stops the start in what is not read, whatever is ignored', () => {
    const usage = '<jobSchedulerUsage><jobSchedulerUsage usagePortion="half"/></jobSchedulerUsage>'
    const text = springFile(
      brokerWith(`<systemUsage><systemUsage>${usage}</systemUsage></systemUsage>
<persistenceAdapter><kahaDB useLock="on" cleanupOnStop="maybe"/></persistenceAdapter>
<plugins><loggingBrokerPlugin logAll="ture"/></plugins>`),
    )
    assert.deepEqual(complaints(text, { ignoreUnsupported: true }), [
      'conf/activemq.xml:4:79: "usagePortion" of <jobSchedulerUsage>: "half" is no number',
      'conf/activemq.xml:5:57: "cleanupOnStop" of <kahaDB>: "maybe" is neither true nor false',
      'conf/activemq.xml:6:39: "logAll" of <loggingBrokerPlugin>: "ture" is neither true nor ' +
        'false; did you mean "true"?',
    ])
  })

  it('is looked at without its placeholders, and stays hidden when it came out of a file', () => {
    const type = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'
    const bean = `<bean class="${type}"><property name="location" value="p.properties"/></bean>`
    const text = springFile(brokerWith('', 'useJmx="${jmx}" startAsync="${async:off}"'), bean)
    const of = (value: string): string[] =>
      complaintsAbout({ 'conf/activemq.xml': text, 'conf/p.properties': `jmx=${value}\n` })
    assert.deepEqual(of('true'), [])
    assert.deepEqual(of('hunter2'), [
      'conf/activemq.xml:2:64: "useJmx" of <broker>: "${jmx}" is neither true nor false',
    ])
  })

  it('is accepted as ActiveMQ writes it: sizes, numbers and percentages with blanks around', () => {
    const attributes =
      'indexCacheSize="64 MB" indexBlockSize=" 4096 " flushDelay="+5" indexCompression="SNAPPY" ' +
      'indexFactory="org.fusesource.leveldbjni.JniDBFactory, org.iq80.leveldb.impl.Iq80DBFactory"'
    assert.deepEqual(complaints(springFile(brokerWith(replicated(attributes)))), [])
    const usage = '<memoryUsage><memoryUsage usagePortion=".5" pollingTime="100"/></memoryUsage>'
    const text = springFile(
      brokerWith(`<systemUsage><systemUsage>${usage}</systemUsage></systemUsage>`),
    )
    assert.deepEqual(complaints(text), [])
  })
})

describe('a boolean of an activemq.xml', () => {
  const yes = ['true', 'TRUE', ' true ', 'yes', 'on', '1', 'Yes', 'ON']
  const no = ['false', 'False', 'no', 'off', '0', 'NO']

  it("is any of Spring's words, in any case, where it means nothing or cannot be changed", () => {
    for (const word of [...yes, ...no]) {
      assert.deepEqual(complaints(broker(`useJmx="${word}"`)), [])
    }
    for (const word of yes) assert.deepEqual(complaints(broker(`persistent="${word}"`)), [])
    for (const word of no) assert.match(complaints(broker(`persistent="${word}"`))[0] ?? '', /yet/)
  })

  it('is any of them where it becomes a setting or part of a policy', () => {
    const values = (word: string): readonly unknown[] => {
      const entry = `<policyEntry tempQueue="1" producerFlowControl="${word}"/>`
      const policy = `<policyMap><policyEntries>${entry}</policyEntries></policyMap>`
      const usage = `<systemUsage><systemUsage sendFailIfNoSpace="${word}"/></systemUsage>`
      const inside = `<destinationPolicy>${policy}</destinationPolicy>${usage}`
      const { settings } = loadXml(springFile(brokerWith(inside)))
      const [first] = settings.destinationPolicies
      return [settings.sendFailIfNoSpace, first?.producerFlowControl]
    }
    for (const word of yes) assert.deepEqual(values(word), [true, true], word)
    for (const word of no) assert.deepEqual(values(word), [false, false], word)
  })

  it('is any of them in the sync of a plain <levelDB>', () => {
    const syncOf = (word: string) => loadXml(store(`<levelDB sync="${word}"/>`)).settings.sync
    for (const word of yes) assert.equal(syncOf(word), 'local_disk')
    for (const word of no) assert.equal(syncOf(word), 'local_mem')
    assert.deepEqual(complaints(store('<levelDB sync="fasle"/>')), [
      'conf/activemq.xml:4:36: sync: "fasle" is neither true nor false; did you mean "false"?',
    ])
  })
})

describe('the words of ActiveMQ', () => {
  it('have each a name and a type', () => {
    const types = ['text', 'boolean', 'integer', 'size', 'decimal', 'uri', 'classes']
    for (const [element, { attributes }] of readVocabulary()) {
      for (const [name, type] of attributes) {
        assert.match(name, /^\w+$/, element)
        const isKnown = typeof type === 'string' ? types.includes(type) : type.length > 1
        assert.ok(isKnown, `${element} ${name} ${String(type)}`)
      }
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { loadBrokerOptions } from '../../src/config/load.ts'
import type { LoadRequest, LoadedSettings } from '../../src/config/load.ts'
import { brokerWith, inFolder, loadXml, springFile } from './xml/installation-fixture.ts'

const GB = 1024 ** 3
const DEFAULT_BYTES = 100 * GB

function load(yaml: string, request: LoadRequest = {}): LoadedSettings {
  return inFolder({ 'quorate.yaml': yaml }, (folder) =>
    loadBrokerOptions({ file: 'quorate.yaml', folder, machineName: 'vega', ...request }),
  )
}

/** What the log may use, in the words of the options. */
function storeOf({ options }: LoadedSettings) {
  const { limitBytes, limitPercent } = options.store
  return { limitBytes, limitPercent }
}

function usage(store: string, temp = ''): string {
  const inside =
    `<storeUsage><storeUsage ${store}/></storeUsage>` +
    `<tempUsage><tempUsage ${temp}/></tempUsage>`
  return springFile(brokerWith(`<systemUsage><systemUsage>${inside}</systemUsage></systemUsage>`))
}

function complaintOf(work: () => unknown): string {
  try {
    work()
    return ''
  } catch (error) {
    assert.ok(error instanceof BrokerError)
    return error.message
  }
}

describe('a limit in percent of the disk', () => {
  it('is that of ActiveMQ, for the store and for the temporary store', () => {
    const loaded = loadXml(usage('percentLimit="70"', 'percentLimit=" 30 "'))
    assert.deepEqual(storeOf(loaded), { limitBytes: DEFAULT_BYTES, limitPercent: 70 })
    assert.equal(loaded.options.tempLimitPercent, 30)
    assert.deepEqual(loaded.activemq?.unsupported, [])
  })

  it('is none unless somebody says one', () => {
    const { options } = load('')
    assert.deepEqual([options.store.limitPercent, options.tempLimitPercent], [null, null])
    const loaded = loadXml(usage('percentLimit="0" limit="7 gb"', 'percentLimit="0"'))
    assert.deepEqual(storeOf(loaded), { limitBytes: 7 * GB, limitPercent: null })
    assert.equal(loaded.options.tempLimitPercent, null)
  })

  it('counts where one source says both, and the bytes stay for a disk without a size', () => {
    const both = { limitBytes: 7 * GB, limitPercent: 70 }
    assert.deepEqual(storeOf(loadXml(usage('percentLimit="70" limit="7 gb"'))), both)
    assert.deepEqual(storeOf(loadXml(usage('limit="7 gb" percentLimit="70"'))), both)
    assert.deepEqual(storeOf(load('storeLimit: 7gb\nstoreLimitPercent: 70\n')), both)
    assert.deepEqual(
      storeOf(load('', { flags: { storeLimitPercent: '70', storeLimit: '7gb' } })),
      both,
    )
  })

  it('gives way to bytes that a source says which is asked before', () => {
    const bytes = { limitBytes: 7 * GB, limitPercent: null }
    const yaml = 'storeLimitPercent: 70\ntempLimitPercent: 30\n'
    const environment = { QUORATE_STORE_LIMIT: '7gb' }
    const loaded = load(yaml, { environment })
    assert.deepEqual(storeOf(loaded), bytes)
    assert.equal(loaded.options.tempLimitPercent, 30)
    assert.equal(loaded.places.has('storeLimitPercent'), false)
    const flags = { storeLimit: '7gb' }
    const variable = { QUORATE_STORE_LIMIT_PERCENT: '50' }
    assert.deepEqual(storeOf(load(yaml, { flags, environment: variable })), bytes)
    assert.equal(load(yaml, { flags: { tempLimit: '0' } }).options.tempLimitPercent, null)
  })

  it('wins over bytes that a source says which is asked later', () => {
    const percent = { limitBytes: DEFAULT_BYTES, limitPercent: 50 }
    const yaml = 'storeLimit: 7gb\n'
    const loaded = load(yaml, { flags: { storeLimitPercent: '50' } })
    assert.deepEqual(storeOf(loaded), percent)
    assert.equal(loaded.places.has('storeLimit'), false)
    const environment = { QUORATE_STORE_LIMIT_PERCENT: '50' }
    assert.deepEqual(storeOf(load(yaml, { environment })), percent)
  })

  it('gives way to bytes that a property says, as every element does', () => {
    const defined = { 'quorate.storeLimit': '7gb' }
    const loaded = loadXml(usage('percentLimit="70"'), { defined })
    assert.deepEqual(storeOf(loaded), { limitBytes: 7 * GB, limitPercent: null })
    const percent = { 'quorate.storeLimitPercent': '50' }
    assert.deepEqual(storeOf(loadXml(usage('limit="7 gb"'), { defined: percent })), {
      limitBytes: DEFAULT_BYTES,
      limitPercent: 50,
    })
    const both = { ...defined, ...percent }
    assert.deepEqual(storeOf(loadXml(usage('limit="9 gb"'), { defined: both })), {
      limitBytes: 7 * GB,
      limitPercent: 50,
    })
  })

  it('is a whole number from 1 to 100, or is told with its place', () => {
    const told = (store: string): string => complaintOf(() => loadXml(usage(store)))
    const range = 'must be at least 1 and at most 100'
    const place = /^conf\/activemq\.xml:4:\d+: storeLimitPercent: /
    for (const wrong of ['101', '-1', 'half', '50%', '12.5']) {
      assert.match(told(`percentLimit="${wrong}"`), place)
    }
    assert.ok(told('percentLimit="101"').endsWith(`"101" ${range}`))
    const flags = (text: string) =>
      complaintOf(() => load('', { flags: { tempLimitPercent: text } }))
    assert.equal(flags('0'), `--temp-limit-percent: tempLimitPercent: "0" ${range}`)
    assert.equal(flags('half'), '--temp-limit-percent: tempLimitPercent: "half" is no whole number')
  })
})

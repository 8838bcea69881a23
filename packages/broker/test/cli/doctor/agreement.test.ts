import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAgreement } from '../../../src/cli/doctor/agreement.ts'
import type { Check } from '../../../src/cli/doctor/check.ts'
import { examinedNode } from './examined-nodes.ts'

const three = ['node01', 'node02', 'node03'].map((name) => examinedNode(name))

/** What is not in order, as `topic: message`. */
function complaints(checks: readonly Check[]): string[] {
  return checks
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ topic, message }) => `${topic}: ${message}`)
}

describe('agreement of configurations', () => {
  it('has nothing to say of one, and nothing against three that fit', () => {
    assert.deepEqual(checkAgreement(three.slice(1, 2)), [])
    const checks = checkAgreement(three)
    assert.deepEqual(complaints(checks), [])
    assert.ok(checks.some(({ message }) => message === '"orders" in all 3'))
  })

  it('names the files whose brokerName or replicas differ', () => {
    const odd = examinedNode('node03', { brokerName: 'oders', replicas: '5' })
    assert.deepEqual(complaints(checkAgreement([...three.slice(0, 2), odd])), [
      'brokerName: differs: node01.xml "orders", node02.xml "orders", node03.xml "oders"',
      'replicas: differs: node01.xml "3", node02.xml "3", node03.xml "5"',
    ])
  })

  it('warns of limits, segments and sync words that differ', () => {
    const odd = examinedNode('node02', { storeLimit: '10gb', logSize: '8mb', sync: 'quorum_mem' })
    const checks = checkAgreement([examinedNode('node01', { sync: 'quorum_disk' }), odd])
    assert.deepEqual(complaints(checks), [
      'storeLimit: differs: node01.xml "100.0 GB", node02.xml "10.0 GB"',
      'logSize: differs: node01.xml "100.0 MB", node02.xml "8.0 MB"',
      'sync: differs: node01.xml "quorum_disk", node02.xml "quorum_mem"',
    ])
    assert.ok(checks.every(({ outcome }) => outcome !== 'failed'))
  })

  it('takes the same share of whatever disks for the same limit', () => {
    const [one, two] = ['node01', 'node02'].map((nodeId) =>
      examinedNode(nodeId, { storeLimitPercent: '70' }),
    )
    assert.ok(one !== undefined && two !== undefined)
    assert.deepEqual(complaints(checkAgreement([one, two])), [])
    assert.deepEqual(complaints(checkAgreement([one, examinedNode('node03')])), [
      'storeLimit: differs: node01.xml "70% of the disk", node03.xml "100.0 GB"',
    ])
  })

  it('takes ZooKeeper servers in another order for the same, and other ones for others', () => {
    const given = (zkAddress: string) =>
      checkAgreement([
        examinedNode('node01', { zkAddress: 'zk1:2181,zk2:2181' }),
        examinedNode('node02', { zkAddress }),
      ])
    assert.deepEqual(complaints(given('zk2:2181,zk1:2181')), [])
    assert.match(complaints(given('zk2:2181,zk9:2181')).join(), /^zkAddress: differs/)
  })

  it('never shows a secret', () => {
    const checks = checkAgreement([
      examinedNode('node01', { securityToken: 'hunter2' }),
      examinedNode('node02', { securityToken: 'hunter3' }),
    ])
    assert.deepEqual(complaints(checks), ['securityToken: differs'])
    assert.ok(!JSON.stringify(checks).includes('hunter'))
  })

  it('wants a node id, a directory and ports of its own for each', () => {
    const flags = { directory: 'data', bind: 'tcp://0.0.0.0:61619' }
    const same = { ...examinedNode('node01', flags), isLocal: true }
    const found = complaints(checkAgreement([same, { ...same, source: 'copy.xml' }]))
    assert.deepEqual(
      found.map((line) => line.split(':')[0]),
      ['nodeId', 'replication address', 'directory', 'ports'],
    )
    assert.match(found.join('\n'), /"node01" is that of node01.xml and copy.xml/)
    assert.match(found.join('\n'), /port 8161 is that of node01.xml \(consolePort\) and copy.xml/)
  })

  it('warns of more configurations than seats', () => {
    const found = complaints(checkAgreement([...three, examinedNode('node04')]))
    assert.deepEqual(found, ['seats: 4 configurations, but replicas is 3'])
  })
})

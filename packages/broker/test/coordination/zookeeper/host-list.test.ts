import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostList } from '../../../src/coordination/zookeeper/host-list.ts'

const hosts = ['a', 'b', 'c'].map((host) => ({ host, port: 2181 }))

describe('host list', () => {
  it('goes round all hosts in an order that chance decides', () => {
    const list = new HostList(hosts, () => 0)
    const round = [list.next(), list.next(), list.next()].map(({ host }) => host)
    assert.deepEqual(round, ['b', 'c', 'a'])
    assert.equal(list.next().host, 'b')
    assert.equal(new HostList(hosts, () => 0.99).next().host, 'a')
  })
  it('tries a whole round without waiting, then waits longer from round to round, to a limit', () => {
    const list = new HostList(hosts, () => 0)
    const waits = Array.from({ length: 30 }, () => list.failed())
    assert.deepEqual(waits.slice(0, 9), [0, 0, 50, 0, 0, 100, 0, 0, 200])
    assert.equal(Math.max(...waits), 2_500)
    list.succeeded()
    assert.deepEqual([list.failed(), list.failed(), list.failed()], [0, 0, 50])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseProfile, summarize } from './cpu-profile.ts'
import type { CpuProfile, ProfileNode } from './cpu-profile.ts'

function node(id: number, functionName: string, url: string, lineNumber = 0): ProfileNode {
  return { id, callFrame: { functionName, url, lineNumber } }
}

const profile: CpuProfile = {
  nodes: [
    node(1, '(idle)', ''),
    node(2, 'add', 'file:///q/packages/broker/dist/store/journal/log-batch.js', 41),
    node(3, '', 'file:///q/packages/core/dist/openwire/codec.js', 9),
    node(4, '(garbage collector)', ''),
    node(5, 'writev', ''),
    node(6, 'emit', 'node:events', 469),
    node(7, 'put', 'file:///q/node_modules/abstract-level/index.js', 2),
    // The same function, called from elsewhere.
    node(8, 'add', 'file:///q/packages/broker/dist/store/journal/log-batch.js', 41),
    node(9, 'never', 'node:events'),
  ],
  samples: [1, 2, 3, 4, 5, 6, 7, 8, 2],
  timeDeltas: [500, 100, 90, 80, 70, 60, 50, 20, 30],
}

describe('a profile of a processor', () => {
  it('says how long the process had something to do', () => {
    const { totalMicroseconds, busyMicroseconds } = summarize(profile)
    assert.deepEqual([totalMicroseconds, busyMicroseconds], [1_000, 500])
  })

  it('tells the rooms of ours, Node, libraries and what is no JavaScript apart', () => {
    const rooms = summarize(profile).rooms.map(({ name, microseconds }) => [name, microseconds])
    assert.deepEqual(rooms, [
      ['store/journal', 150],
      ['core/openwire', 90],
      ['garbage collection', 80],
      ['sockets: writing', 70],
      ['node', 60],
      ['libraries', 50],
    ])
  })

  it('adds up a function wherever it was called, under its file and line', () => {
    const [first, second] = summarize(profile).functions
    assert.deepEqual(first, { name: 'add store/journal/log-batch.js:42', microseconds: 150 })
    assert.deepEqual(second, { name: '(anonymous) openwire/codec.js:10', microseconds: 90 })
  })

  it('is refused when it is something else', () => {
    for (const text of ['null', '{}', '{"nodes":[],"samples":[]}']) {
      assert.throws(() => parseProfile(text), /no profile of a processor/)
    }
  })
})

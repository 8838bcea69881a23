import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  announcedClientUris,
  announcedConsoleUrl,
  reachableConsoleUrl,
} from '../src/announced-addresses.ts'
import { loadBrokerOptions } from '../src/config/load.ts'
import type { Member } from '../src/coordination/coordinator.ts'

function optionsOf(flags: Record<string, string>) {
  return loadBrokerOptions({ folder: '/nowhere', machineName: 'vega', flags, environment: {} })
    .options
}

function member(consoleUrl: string | null, replicationAddress: string): Member {
  return {
    nodeId: 'b2',
    storeUuid: 'a',
    empty: false,
    replicationAddress,
    clientUris: [],
    consoleUrl,
    state: 'FOLLOWER',
    last: { epoch: 1, index: 1 },
    position: 0,
    weight: 1,
    suspect: false,
    build: '0.1.0',
    clusterId: null,
  }
}

describe('what a node announces', () => {
  const listening = 'http://127.0.0.1:8161'

  it('is the name of its machine where it listens everywhere, and the port that it became', () => {
    const options = optionsOf({
      consoleHost: '0.0.0.0',
      hostname: 'node2.example',
      consolePort: '0',
    })
    assert.equal(
      announcedConsoleUrl(options, 'http://127.0.0.1:40123'),
      'http://node2.example:40123',
    )
    assert.deepEqual(announcedClientUris(options), ['tcp://node2.example:61616'])
    const unnamed = optionsOf({ consoleHost: '::' })
    assert.equal(announcedConsoleUrl(unnamed, 'http://[::1]:8161'), 'http://vega:8161')
    const numbered = optionsOf({ consoleHost: '::', hostname: 'fd00::2' })
    assert.equal(announcedConsoleUrl(numbered, 'http://[::1]:8161'), 'http://[fd00::2]:8161')
    assert.deepEqual(announcedClientUris(numbered), ['tcp://[fd00::2]:61616'])
  })

  it('is the address where it listens at one alone', () => {
    const options = optionsOf({ consoleHost: '127.0.0.1', hostname: 'node2.example' })
    assert.equal(announcedConsoleUrl(options, listening), listening)
  })
})

describe("the console of another node that listens on its machine's loopback", () => {
  const loopbacks = ['http://127.0.0.1:8161', 'http://[::1]:8161', 'http://localhost:8161']

  it('is within reach of nodes on that machine alone', () => {
    for (const url of loopbacks) {
      assert.equal(reachableConsoleUrl(member(url, 'vega:61620'), 'vega:61619'), url)
      assert.equal(reachableConsoleUrl(member(url, 'lyra:61619'), 'vega:61619'), null, url)
    }
  })

  it('says nothing of one that listens elsewhere, or not at all', () => {
    const far = 'http://lyra:8161'
    assert.equal(reachableConsoleUrl(member(far, 'lyra:61619'), 'vega:61619'), far)
    assert.equal(reachableConsoleUrl(member(null, 'lyra:61619'), 'vega:61619'), null)
  })
})

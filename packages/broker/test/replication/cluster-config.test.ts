import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import type { ClusterConfig } from '../../src/replication/cluster-config.ts'
import {
  SEATS_MAX,
  isVoter,
  quorumOf,
  readConfig,
  sameConfig,
  voters,
  withSeat,
  writeConfig,
} from '../../src/replication/cluster-config.ts'

const a = { nodeId: 'a', storeUuid: 'a-1' }
const b = { nodeId: 'b', storeUuid: 'b-1' }
const config: ClusterConfig = { version: 4, seats: [a, null, b] }

describe('cluster configuration', () => {
  it('counts vacant seats as failed voters: the quorum is a matter of seats', () => {
    const sizes = [1, 2, 3, 4, 5].map((n) => quorumOf({ version: 1, seats: Array(n).fill(null) }))
    assert.deepEqual(sizes, [1, 2, 2, 3, 3])
    assert.equal(quorumOf(config), 2)
    assert.deepEqual(voters(config), [a, b])
  })

  it('knows a voter by its store, not by its name (R1)', () => {
    assert.ok(isVoter(config, 'a-1'))
    assert.ok(!isVoter(config, 'a-2'))
    assert.ok(!isVoter(config, 'a'))
    assert.ok(!isVoter(null, 'a-1'))
  })

  it('changes one seat at a time, and its version with it (R39)', () => {
    const changed = withSeat(config, 0, null)
    assert.deepEqual(changed, { version: 5, seats: [null, null, b] })
    assert.deepEqual(config.seats[0], a)
    assert.ok(!sameConfig(config, changed))
    assert.ok(!sameConfig(config, null))
    assert.ok(sameConfig(config, { ...config, seats: [...config.seats] }))
    assert.ok(!sameConfig(config, { ...config, seats: [a, b, null] }))
  })

  it('is read as it was written', () => {
    const writer = new ByteWriter()
    writeConfig(writer, config)
    assert.deepEqual(readConfig(new ByteReader(writer.finish())), config)
  })

  it('has at least one seat and at most five', () => {
    for (const seats of [0, SEATS_MAX + 1, 255]) {
      const bytes = new ByteWriter().uint53(1).uint8(seats).finish()
      assert.throws(() => readConfig(new ByteReader(bytes)), { code: 'MALFORMED_FRAME' })
    }
  })
})

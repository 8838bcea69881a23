import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClusterConfig } from '../../../src/replication/cluster-config.ts'
import { nextSeatChange } from '../../../src/replication/replica/replacement.ts'

const voter = (nodeId: string, disk = 1) => ({ nodeId, storeUuid: `${nodeId}-${disk}` })
const full: ClusterConfig = { version: 1, seats: [voter('a'), voter('b'), voter('c')] }

describe('seat replacement (R40)', () => {
  it('leaves the seats alone while their own stores are there', () => {
    assert.equal(nextSeatChange(full, [voter('b'), voter('c')]), null)
    assert.equal(nextSeatChange(full, []), null)
  })

  it('frees the seat of a replaced disk first, and takes the new one in afterwards', () => {
    const freed = nextSeatChange(full, [voter('b', 2)])
    assert.deepEqual(freed, { version: 2, seats: [voter('a'), null, voter('c')] })
    assert.ok(freed)
    const taken = nextSeatChange(freed, [voter('b', 2)])
    assert.deepEqual(taken?.seats, [voter('a'), voter('b', 2), voter('c')])
  })

  it('gives a vacant seat to a learner of any name', () => {
    const config = { version: 3, seats: [voter('a'), null, voter('c')] }
    assert.deepEqual(nextSeatChange(config, [voter('d')])?.seats[1], voter('d'))
  })

  it('never seats a stranger while no seat is vacant', () => {
    assert.equal(nextSeatChange(full, [voter('d')]), null)
  })

  it('changes one seat at a time', () => {
    const changed = nextSeatChange(full, [voter('b', 2), voter('c', 2)])
    assert.deepEqual(changed?.seats, [voter('a'), null, voter('c')])
  })
})

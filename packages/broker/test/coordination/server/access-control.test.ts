import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  accessLimits,
  allows,
  identify,
  openList,
  resolveList,
  withoutHashes,
} from '../../../src/coordination/server/access-control.ts'
import { permissions } from '../../../src/coordination/zookeeper/protocol.ts'

const entry = (rights: number, scheme: string, id: string) => ({
  permissions: rights,
  id: { scheme, id },
})
const alice = { scheme: 'digest', id: 'alice:hash' }

describe('access control', () => {
  it("computes a digest as ZooKeeper's own tool does", () => {
    assert.deepEqual(identify('digest', Buffer.from('super:admin')), {
      scheme: 'digest',
      id: 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
    })
  })
  it('serves no other scheme, and no credentials beyond all measure', () => {
    assert.equal(identify('sasl', Buffer.from('x')), null)
    assert.equal(identify('digest', null), null)
    const long = Buffer.alloc(accessLimits.credentialsBytesMax + 1, 0x61)
    assert.equal(identify('digest', long), null)
    assert.ok(identify('digest', Buffer.from('no colon'))?.id.startsWith('no colon:'))
  })
  it('allows what an entry of everybody or of the caller allows, and nothing else', () => {
    const list = [
      entry(permissions.read, 'world', 'anyone'),
      entry(permissions.all, 'digest', alice.id),
    ]
    assert.ok(allows(list, permissions.read, []))
    assert.ok(!allows(list, permissions.write, []))
    assert.ok(allows(list, permissions.write, [alice]))
    assert.ok(!allows(list, permissions.write, [{ scheme: 'digest', id: 'alice:other' }]))
    assert.ok(!allows([], permissions.read, [alice]))
  })
  it('puts the creator in the place of auth', () => {
    const bob = { scheme: 'digest', id: 'bob:hash' }
    assert.deepEqual(resolveList([entry(31, 'auth', 'ignored')], [alice, bob]), [
      entry(31, 'digest', alice.id),
      entry(31, 'digest', bob.id),
    ])
    assert.equal(resolveList([entry(31, 'auth', '')], []), null)
  })
  it('drops doubles, and refuses what names nobody', () => {
    assert.deepEqual(resolveList([...openList, ...openList], []), openList)
    const refused = [
      [],
      [entry(31, 'world', 'somebody')],
      [entry(31, 'digest', 'no-hash')],
      [entry(31, 'ip', '127.0.0.1')],
      Array.from({ length: accessLimits.entriesMax + 1 }, () => entry(31, 'world', 'anyone')),
    ]
    for (const list of refused) assert.equal(resolveList(list, [alice]), null)
  })
  it('hides the hashes of passwords', () => {
    assert.deepEqual(withoutHashes([entry(31, 'digest', alice.id), ...openList]), [
      entry(31, 'digest', 'alice:x'),
      ...openList,
    ])
  })
})

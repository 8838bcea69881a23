import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Bootstrap, LeaderHint, Member } from '../../src/coordination/coordinator.ts'
import {
  decodeBootstrap,
  decodeCompatibleMember,
  decodeEpoch,
  decodeLeader,
  decodeMember,
  encodeState,
  stateLimits,
} from '../../src/coordination/state-codec.ts'

const text = fc.string({ maxLength: 20 })
const count = fc.nat()
const member: fc.Arbitrary<Member> = fc.record({
  nodeId: text,
  storeUuid: text,
  empty: fc.boolean(),
  replicationAddress: text,
  clientUris: fc.array(text, { maxLength: stateLimits.clientUrisMax }),
  consoleUrl: fc.option(fc.webUrl()),
  state: text,
  last: fc.record({ epoch: count, index: count }),
  position: count,
  weight: fc.integer(),
  suspect: fc.boolean(),
  build: text,
  clusterId: fc.option(text),
})
const bootstrap: fc.Arbitrary<Bootstrap> = fc
  .array(fc.option(fc.record({ nodeId: text, storeUuid: text })), {
    minLength: 1,
    maxLength: stateLimits.seatsMax,
  })
  .chain((seats) =>
    fc.record(
      { clusterId: text, seats: fc.constant(seats), electorate: fc.constant(seats) },
      { requiredKeys: ['clusterId', 'seats'] },
    ),
  )
const leader: fc.Arbitrary<LeaderHint> = fc.record({
  epoch: fc.nat({ max: 2 ** 40 }),
  nodeId: text,
  clientUris: fc.array(text, { maxLength: 5 }),
})
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('state documents', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(member, bootstrap, leader, (one, two, three) => {
        assert.deepEqual(plain(decodeMember(encodeState(one))), plain(one))
        assert.deepEqual(plain(decodeBootstrap(encodeState(two))), plain(two))
        assert.deepEqual(plain(decodeLeader(encodeState(three))), plain(three))
      }),
    )
    const register = { e: 7, owner: 'a', nonce: 'n' }
    assert.deepEqual(decodeEpoch(encodeState(register)), register)
  })
  it("show ActiveMQ's members as ActiveMQ writes them", () => {
    const view = { id: 'b', container: null, address: null, position: -1, weight: 2, elected: null }
    assert.equal(
      encodeState(view).toString(),
      '{"id":"b","container":null,"address":null,"position":-1,"weight":2,"elected":null}',
    )
    assert.deepEqual(decodeCompatibleMember(json({ id: 'b', position: 5, weight: 1 })), {
      id: 'b',
      container: null,
      address: null,
      position: 5,
      weight: 1,
      elected: null,
    })
  })
  it('ignore fields that a later version added', () => {
    const hint = { epoch: 1, nodeId: 'a', clientUris: [] }
    assert.deepEqual(decodeLeader(json({ ...hint, since: 'later' })), hint)
  })
  it('are null when they are anything else, whatever was written', () => {
    const decoders = [
      decodeMember,
      decodeBootstrap,
      decodeLeader,
      decodeEpoch,
      decodeCompatibleMember,
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...decoders),
        fc.jsonValue(),
        fc.string(),
        (decode, value, noise) => {
          decode(json(value))
          assert.equal(decode(Buffer.from(`x${noise}`)), null)
        },
      ),
    )
    const bent: unknown[] = [
      null,
      [],
      1,
      { epoch: -1, nodeId: 'a', clientUris: [] },
      { epoch: 2 ** 50, nodeId: 'a', clientUris: [] },
      { epoch: 1.5, nodeId: 'a', clientUris: [] },
      { epoch: 1, nodeId: 'x'.repeat(2_000), clientUris: [] },
      { epoch: 1, nodeId: 'a', clientUris: [1] },
      { epoch: 1, nodeId: 'a', clientUris: Array.from({ length: 100 }, () => 'u') },
    ]
    for (const value of bent) assert.equal(decodeLeader(json(value)), null)
    for (const seats of [[], [1], [{ nodeId: 'a' }], Array.from({ length: 50 }, () => null)]) {
      assert.equal(decodeBootstrap(json({ clusterId: 'c', seats })), null)
    }
    assert.equal(decodeEpoch(Buffer.alloc(stateLimits.documentBytesMax + 1, 0x20)), null)
  })
  it('change no single field of a member unnoticed', () => {
    const good = plain(fc.sample(member, { numRuns: 1, seed: 1 })[0]) as Record<string, unknown>
    for (const field of Object.keys(good)) {
      assert.equal(decodeMember(json({ ...good, [field]: { wrong: true } })), null, field)
    }
  })
  it('tell the address of a console only where a browser may follow it', () => {
    const good = plain(fc.sample(member, { numRuns: 1, seed: 1 })[0]) as Record<string, unknown>
    const told = (consoleUrl: string) => decodeMember(json({ ...good, consoleUrl }))?.consoleUrl
    for (const url of ['http://node01:8161', 'https://[::1]:8161/']) assert.equal(told(url), url)
    for (const other of [
      'javascript:alert(1)',
      'data:text/html,x',
      'node01:8161',
      '//node01',
      '',
    ]) {
      assert.equal(told(other), null, other)
    }
  })
  it('have a limit of size', () => {
    const huge = { epoch: 1, nodeId: 'x'.repeat(stateLimits.documentBytesMax), clientUris: [] }
    assert.throws(() => encodeState(huge), { code: 'INVALID_ARGUMENT' })
  })
})

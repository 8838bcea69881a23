import fc from 'fast-check'
import type { DestinationKind } from '@quorate/core/model/destination'
import type { FlatOp, LogOp } from '../../src/store/log-op.ts'

const kinds: DestinationKind[] = ['queue', 'topic', 'temp-queue', 'temp-topic']
const uint53 = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.constantFrom(0, 0x7f, 0x80, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 53 - 1),
)
const uint32 = fc.oneof(fc.nat(9), fc.nat(0xffff_ffff))
const text = fc.string({ unit: 'binary', maxLength: 40 })
const sequences = fc.uniqueArray(uint53, { maxLength: 20 }).map((all) => all.sort((a, b) => a - b))

/** Any operation that can be written, with values from the whole range of every field. */
export const anyFlatOp: fc.Arbitrary<FlatOp> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    lists: fc.array(uint32, { maxLength: 4 }),
    producer: uint53,
    producerSequence: uint53,
    priority: fc.integer({ min: 0, max: 9 }),
    expirationMs: uint53,
    redeliveries: uint32,
    body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({ kind: fc.constantFrom('acknowledge' as const), list: uint32, sequences }),
  fc.record({ kind: fc.constantFrom('redelivered' as const), list: uint32, sequences }),
  fc.record({ kind: fc.constant('producer' as const), id: uint53, name: text }),
  fc.record({
    kind: fc.constant('destination-added' as const),
    id: uint32,
    destination: fc.record({ kind: fc.constantFrom(...kinds), name: text }),
  }),
  fc.record({ kind: fc.constant('destination-removed' as const), id: uint32 }),
  fc.record({
    kind: fc.constant('subscription-added' as const),
    id: uint32,
    topic: uint32,
    clientId: text,
    name: text,
    selector: text,
    noLocal: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('subscription-removed' as const), id: uint32 }),
)

export const anyOp: fc.Arbitrary<LogOp> = fc.oneof(
  { weight: 3, arbitrary: anyFlatOp },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      id: text,
      ops: fc.array(anyFlatOp, { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('log-start' as const), index: uint53 }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('copies' as const),
      messages: fc.array(
        fc.record({
          sequence: uint53,
          lists: fc.array(fc.record({ list: uint32, redeliveries: uint32 }), { maxLength: 3 }),
          priority: fc.integer({ min: 0, max: 9 }),
          expirationMs: uint53,
          body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        }),
        { maxLength: 4 },
      ),
    }),
  },
)

const id = fc.integer({ min: 1, max: 8 })
const recent = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 })
  .map((all) => all.sort((a, b) => a - b))

/**
 * Operations over few numbers, so that they meet each other: messages in lists that exist, lists
 * removed under their messages, acknowledgements of what has left, numbers introduced twice.
 */
export const busyFlatOp: fc.Arbitrary<FlatOp> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      lists: fc.array(id, { minLength: 1, maxLength: 3 }),
      producer: fc.nat(6),
      producerSequence: fc.nat(100),
      priority: fc.integer({ min: 0, max: 9 }),
      expirationMs: fc.constantFrom(0, 1_700_000_000_000),
      redeliveries: fc.constantFrom(0, 0, 0, 2),
      body: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('acknowledge' as const),
      list: id,
      sequences: recent,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('redelivered' as const),
      list: id,
      sequences: recent,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('producer' as const),
      id: fc.integer({ min: 1, max: 6 }),
      name: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('destination-added' as const),
      id,
      destination: fc.record({
        kind: fc.constantFrom('queue' as const, 'queue' as const, 'topic' as const),
        name: fc.constantFrom('A', 'B', 'C'),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('subscription-added' as const),
      id,
      topic: id,
      clientId: fc.constantFrom('c1', 'c2'),
      name: fc.constantFrom('s1', 's2'),
      selector: fc.constantFrom('', 'colour = 1'),
      noLocal: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('destination-removed' as const), id }),
      fc.record({ kind: fc.constant('subscription-removed' as const), id }),
    ),
  },
)

export const busyOp: fc.Arbitrary<LogOp> = fc.oneof(
  { weight: 8, arbitrary: busyFlatOp },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      id: fc.constantFrom('', 't1', 't2', 't3', 't4'),
      ops: fc.array(busyFlatOp, { maxLength: 8 }),
    }),
  },
)

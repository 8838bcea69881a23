import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { FlatOp } from '../../src/store/log-op.ts'
import { encodeOp } from '../../src/store/op-codec.ts'
import { TransactionSize } from '../../src/store/transaction-size.ts'
import { anyFlatOp } from './random-ops.ts'

const ids = fc.string({ unit: 'binary', maxLength: 40 })

function isHeld({ kind }: FlatOp): boolean {
  return kind === 'message' || kind === 'acknowledge'
}

function sizeOf(id: string, ops: readonly FlatOp[]): number {
  const size = new TransactionSize(id)
  let lists = 0
  for (const op of ops) {
    if (op.kind === 'message') {
      size.add(1, op.body.length, 0)
      lists += op.lists.length
    } else if (op.kind === 'acknowledge') size.add(0, 0, op.sequences.length)
  }
  return size.bytesWithLists(lists)
}

describe('the size of a transaction', () => {
  it('is what its messages take in the log', () => {
    const messages = fc.array(anyFlatOp.filter(({ kind }) => kind === 'message'))
    fc.assert(
      fc.property(ids, messages, (id, ops) => {
        assert.equal(sizeOf(id, ops), encodeOp({ kind: 'transaction', id, ops }).length)
      }),
    )
  })

  it('is at least what acknowledgements take', () => {
    const isEmpty = (op: FlatOp): boolean => op.kind === 'acknowledge' && op.sequences.length === 0
    const held = fc.array(anyFlatOp.filter((op) => isHeld(op) && !isEmpty(op)))
    fc.assert(
      fc.property(ids, held, (id, ops) => {
        assert.ok(sizeOf(id, ops) >= encodeOp({ kind: 'transaction', id, ops }).length)
      }),
    )
  })
})

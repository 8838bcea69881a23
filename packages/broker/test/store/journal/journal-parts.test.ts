import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CheckpointFile, EPOCHS_MAX } from '../../../src/store/journal/checkpoint-file.ts'
import { ChunkCursor, sliceChunks } from '../../../src/store/journal/chunk-cursor.ts'
import { checksum } from '../../../src/store/journal/checksum.ts'
import { EpochList } from '../../../src/store/journal/epoch-list.ts'
import { EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import { ReadGate } from '../../../src/store/journal/read-gate.ts'
import { segmentFileName, segmentPosition } from '../../../src/store/journal/segment.ts'
import { SparsePoints } from '../../../src/store/journal/sparse-points.ts'
import { TwoSlotFile } from '../../../src/store/two-slot-file.ts'

const chunks = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)))

describe('chunk cursor', () => {
  it('walks over buffers as over one', () => {
    const steps = fc.array(
      fc.record({ length: fc.nat(15), how: fc.constantFrom('take', 'sum', 'skip') }),
    )
    fc.assert(
      fc.property(chunks, steps, (buffers, moves) => {
        const whole = Buffer.concat(buffers)
        const cursor = new ChunkCursor(buffers)
        let at = 0
        for (const { length, how } of moves) {
          assert.equal(cursor.remaining, whole.length - at)
          if (length > cursor.remaining) break
          if (how === 'take') assert.deepEqual(cursor.take(length), whole.subarray(at, at + length))
          else if (how === 'skip') cursor.skip(length)
          else assert.equal(cursor.checksum(length), checksum(whole, at, at + length))
          at += length
        }
      }),
    )
  })

  it('slices as if it were one buffer', () => {
    fc.assert(
      fc.property(chunks, fc.nat(80), fc.nat(80), (buffers, start, length) => {
        const sliced = Buffer.concat(sliceChunks(buffers, start, start + length))
        assert.deepEqual(sliced, Buffer.concat(buffers).subarray(start, start + length))
      }),
    )
  })
})

describe('segment names', () => {
  it('carry the position in sixteen hexadecimal digits', () => {
    assert.equal(segmentFileName(100_000_000), '0000000005f5e100.log')
    assert.equal(segmentPosition('0000000005f5e100.log'), 100_000_000)
    for (const name of ['checkpoint', 'next.spare', '5f5e100.log', 'ffffffffffffffff.log']) {
      assert.equal(segmentPosition(name), null)
    }
  })
})

describe('sparse points', () => {
  const point = (index: number) => ({ ...EMPTY_LOG, index, position: index * 1000 })

  it('gives a point before a record, and knows the neighbourhood where somebody walked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (walks) => {
        const points = new SparsePoints(point(0))
        for (const asked of walks) {
          const { index } = points.before(asked)
          assert.ok(index <= asked)
          for (let next = index + 1; next <= asked; next++) points.add(point(next))
        }
        const steps = walks.map((asked) => asked - points.before(asked).index)
        // Twice the spacing, in records of 1,000 bytes.
        assert.ok(Math.max(...steps) < 132, `${Math.max(...steps)} records are passed`)
        assert.ok(points.length <= 77, `${points.length} points in 5,000,000 bytes`)
      }),
    )
  })

  it('forgets what is cut, and all but the start', () => {
    const points = new SparsePoints(point(0))
    for (let i = 100; i <= 1000; i += 100) points.add(point(i))
    points.truncateAfter(450)
    assert.equal(points.before(2000).index, 400)
    points.clear()
    assert.equal(points.length, 1)
  })
})

describe('epoch list', () => {
  it('forgets the oldest epochs beyond its limit', () => {
    const list = new EpochList()
    for (let i = 1; i <= EPOCHS_MAX + 5; i++) list.add([{ epoch: i, firstIndex: 10 * i }])
    assert.equal(list.starts.length, EPOCHS_MAX)
    assert.equal(list.of(60), 6)
    assert.equal(list.of(59), 0)
  })
})

describe('checkpoint file', () => {
  it('returns what was written, with as many epochs as there can be', async () => {
    const fileSystem = new MemoryFileSystem()
    const opened = await CheckpointFile.open(fileSystem, '/j/checkpoint')
    assert.equal(opened.checkpoint, null)
    const checkpoint = {
      origin: { index: 7, epoch: 2, chain: 0xffffffff, position: 1234 },
      synced: { index: 2 ** 52, epoch: 2 ** 50, chain: 5, position: 2 ** 53 - 1 },
      epochs: Array.from({ length: EPOCHS_MAX }, (_, i) => ({ epoch: i, firstIndex: 2 ** 40 + i })),
      clean: true,
    }
    await opened.file.write(checkpoint)
    await opened.file.close()
    const again = await CheckpointFile.open(fileSystem, '/j/checkpoint')
    assert.deepEqual(again.checkpoint, checkpoint)
    assert.equal(again.state, 'valid')
  })
})

describe('checkpoint file of another version', () => {
  it('is refused, not guessed at', async () => {
    const fileSystem = new MemoryFileSystem()
    const { file } = await TwoSlotFile.open({ fileSystem, path: '/j/checkpoint' })
    await file.write(Buffer.from([0, 2, 0]))
    await assert.rejects(CheckpointFile.open(fileSystem, '/j/checkpoint'), {
      code: 'UNSUPPORTED_FORMAT',
    })
  })
})

describe('read gate', () => {
  it('lets reads run together and a change alone', async () => {
    const gate = new ReadGate()
    const trace: string[] = []
    const finish: (() => void)[] = []
    const step = (name: string) => async (): Promise<void> => {
      trace.push(`${name} begins`)
      await new Promise<void>((resolve) => finish.push(resolve))
      trace.push(`${name} ends`)
    }
    const pause = () => new Promise((resolve) => setImmediate(resolve))
    const all = [
      gate.reading(step('a')),
      gate.reading(step('b')),
      gate.exclusively(step('change')),
      gate.reading(step('c')),
    ]
    await pause()
    assert.deepEqual(trace, ['a begins', 'b begins'])
    for (let i = 0; i < 4; i++) {
      finish.shift()?.()
      await pause()
    }
    await Promise.all(all)
    assert.deepEqual(trace.slice(2), [
      'a ends',
      'b ends',
      'change begins',
      'change ends',
      'c begins',
      'c ends',
    ])
  })
})

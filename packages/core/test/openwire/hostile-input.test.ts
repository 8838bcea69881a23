import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../src/base/errors.ts'
import type { CodecOptions } from '../../src/openwire/codec.ts'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import { create } from '../../src/openwire/commands.ts'
import { CommandReader } from '../../src/openwire/command-reader.ts'
import { nestingMax } from '../../src/openwire/structure-reader.ts'
import { throwableCausesMax } from '../../src/openwire/wire-reader.ts'
import { anyFormat, formatAndStructures } from './arbitraries.ts'

const codes = ['MALFORMED_FRAME', 'FRAME_TOO_LARGE']

/** Runs it, and answers the code of its error; anything but a BrokerError fails the test. */
function outcomeOf(run: () => unknown): string {
  try {
    run()
    return 'decoded'
  } catch (error) {
    assert.ok(error instanceof BrokerError, String(error))
    assert.ok(codes.includes(error.code), error.code)
    return error.code
  }
}

function withoutPrefix(frame: Buffer, format: CodecOptions): Buffer {
  return format.sizePrefix ? frame.subarray(4) : frame
}

const tight: CodecOptions = {
  version: 12,
  tight: true,
  sizePrefix: true,
  cacheSize: 0,
  stackTraceEnabled: true,
  maxFrameBytes: 10_000_000,
}
const loose: CodecOptions = { ...tight, tight: false }

/** Where bytes of a frame are changed, and to what. */
const mutation = fc.array(
  fc.record({
    at: fc.nat(),
    to: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  }),
  { minLength: 1, maxLength: 6 },
)

describe('hostile bytes', () => {
  it('end in a command or one error when they are random', () => {
    fc.assert(
      fc.property(anyFormat, fc.uint8Array({ maxLength: 200 }), (format, bytes) => {
        const codec = new OpenWireCodec(format)
        outcomeOf(() => codec.decode(Buffer.from(bytes)))
        outcomeOf(() => codec.decodeAhead(Buffer.from(bytes)))
      }),
      { numRuns: 3000 },
    )
  })

  it('end in a command or one error when a good frame is changed', () => {
    fc.assert(
      fc.property(formatAndStructures, mutation, ({ format, structures }, changes) => {
        const sender = new OpenWireCodec(format)
        const receiver = new OpenWireCodec(format)
        for (const structure of structures) {
          const frame = Buffer.from(withoutPrefix(sender.encode(structure), format))
          for (const { at, to } of changes) frame[at % frame.length] = to
          outcomeOf(() => receiver.decodeStructure(frame))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('end in MALFORMED_FRAME when a good frame is cut anywhere or has a byte more', () => {
    fc.assert(
      fc.property(formatAndStructures, fc.nat(), ({ format, structures }, cut) => {
        const frame = withoutPrefix(new OpenWireCodec(format).encode(structures[0] ?? null), format)
        const shorter = frame.subarray(0, cut % frame.length)
        const longer = Buffer.concat([frame, Buffer.from([0])])
        for (const bytes of [shorter, longer]) {
          const receiver = new OpenWireCodec(format)
          assert.equal(
            outcomeOf(() => receiver.decodeStructure(bytes)),
            'MALFORMED_FRAME',
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  it('end in commands or one error when they arrive in chunks', () => {
    fc.assert(
      fc.property(anyFormat, fc.array(fc.uint8Array({ maxLength: 60 })), (format, chunks) => {
        const reader = new CommandReader(new OpenWireCodec(format))
        outcomeOf(() => {
          for (const chunk of chunks) {
            reader.push(Buffer.from(chunk))
            while (reader.next() !== undefined);
          }
        })
      }),
      { numRuns: 500 },
    )
  })

  it('cannot announce more bytes than their frame has', () => {
    const frame = new OpenWireCodec(loose).encode(
      create('PartialCommand', { data: Buffer.from('abc') }),
    )
    frame.writeInt32BE(0x7fff_ffff, frame.length - 7)
    const codec = new OpenWireCodec(loose)
    assert.equal(
      outcomeOf(() => codec.decode(frame.subarray(4))),
      'MALFORMED_FRAME',
    )
    frame.writeInt32BE(-1, frame.length - 7)
    assert.equal(
      outcomeOf(() => codec.decode(frame.subarray(4))),
      'MALFORMED_FRAME',
    )
  })

  it('cannot announce more items than their frame can hold', () => {
    for (const format of [tight, loose]) {
      const data = [create('ConnectionId'), create('ConnectionId')]
      const codec = new OpenWireCodec(format)
      const frame = codec.encode(create('DataArrayResponse', { data }))
      const at = frame.lastIndexOf(Buffer.from([0, 2]))
      for (const count of [0x7fff, -1]) {
        frame.writeInt16BE(count, at)
        assert.equal(
          outcomeOf(() => codec.decode(frame.subarray(4))),
          'MALFORMED_FRAME',
        )
      }
    }
  })

  it('cannot nest structures without end', () => {
    for (const format of [tight, loose]) {
      const codec = new OpenWireCodec(format)
      let command = create('DataResponse')
      for (let i = 0; i < nestingMax; i++) command = create('DataResponse', { data: command })
      const allowed = codec.encode(command).subarray(4)
      assert.equal(
        outcomeOf(() => codec.decode(allowed)),
        'decoded',
      )
      const tooDeep = codec.encode(create('DataResponse', { data: command })).subarray(4)
      assert.equal(
        outcomeOf(() => codec.decode(tooDeep)),
        'MALFORMED_FRAME',
      )
    }
  })

  it('cannot give an exception causes without end', () => {
    const codec = new OpenWireCodec(loose)
    const head = codec.encode(create('ExceptionResponse')).subarray(4, -1)
    // notNull, no class, no message, no stack elements; then the cause
    const exception = Buffer.from([1, 0, 0, 0, 0])
    const chain = (count: number): Buffer =>
      Buffer.concat([head, Buffer.alloc(count * exception.length, exception), Buffer.from([0])])
    const decode = (count: number) => outcomeOf(() => codec.decode(chain(count)))
    assert.equal(decode(throwableCausesMax + 1), 'decoded')
    assert.equal(decode(throwableCausesMax + 2), 'MALFORMED_FRAME')
    assert.equal(decode(1_000_000), 'MALFORMED_FRAME')
  })

  it('cannot fill the heap with empty structures', () => {
    const codec = new OpenWireCodec({ ...loose, maxFrameBytes: 100_000_000 })
    const ids = Array.from({ length: 32_000 }, () => create('BrokerId'))
    const arrays = Array.from({ length: 5 }, () => create('DataArrayResponse', { data: ids }))
    const frame = codec.encode(create('DataArrayResponse', { data: arrays })).subarray(4)
    assert.equal(
      outcomeOf(() => codec.decode(frame)),
      'MALFORMED_FRAME',
    )
  })

  it('cannot put a structure where another belongs', () => {
    const codec = new OpenWireCodec(loose)
    const wrong = create('SessionInfo', { sessionId: create('BrokerId') as never })
    assert.equal(
      outcomeOf(() => codec.decode(codec.encode(wrong).subarray(4))),
      'MALFORMED_FRAME',
    )
  })

  it('cannot pass an id off as a command', () => {
    const codec = new OpenWireCodec(loose)
    const id = codec.encode(create('BrokerId', { value: 'x' })).subarray(4)
    assert.equal(
      outcomeOf(() => codec.decode(id)),
      'MALFORMED_FRAME',
    )
  })

  it('cannot use a structure that the version does not know', () => {
    const frame = new OpenWireCodec(loose).encode(create('BrokerSubscriptionInfo')).subarray(4)
    const codec = new OpenWireCodec({ ...loose, version: 11 })
    assert.equal(
      outcomeOf(() => codec.decode(frame)),
      'MALFORMED_FRAME',
    )
  })
})

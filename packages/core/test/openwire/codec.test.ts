import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { LARGE_BYTES } from '../../src/base/roomy-memory.ts'
import type { CodecOptions } from '../../src/openwire/codec.ts'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import { CommandReader } from '../../src/openwire/command-reader.ts'
import type { DataStructure, WireThrowable } from '../../src/openwire/commands.ts'
import { create, longToNumber, TypeId } from '../../src/openwire/commands.ts'
import { throwableCausesMax } from '../../src/openwire/wire-reader.ts'
import { formatAndStructures } from './arbitraries.ts'

const plain: CodecOptions = {
  version: 12,
  tight: true,
  sizePrefix: false,
  cacheSize: 0,
  stackTraceEnabled: true,
  maxFrameBytes: 1_000_000,
}

function withoutPrefix(frame: Buffer, sizePrefix: boolean): Buffer {
  if (!sizePrefix) return frame
  assert.equal(frame.readInt32BE(0), frame.length - 4)
  return frame.subarray(4)
}

describe('the OpenWire codec', () => {
  it('decodes what it encoded, at every version, in every format', () => {
    fc.assert(
      fc.property(formatAndStructures, ({ format, structures }) => {
        const sender = new OpenWireCodec(format)
        const receiver = new OpenWireCodec(format)
        for (const structure of structures) {
          const frame = withoutPrefix(sender.encode(structure), format.sizePrefix)
          assert.deepEqual(receiver.decodeStructure(frame), structure)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('encodes and decodes the hot structures as the table says', () => {
    fc.assert(
      fc.property(formatAndStructures, ({ format, structures }) => {
        const byHand = new OpenWireCodec(format)
        const byTable = new OpenWireCodec({ ...format, tableOnly: true })
        for (const structure of structures) {
          const frame = byHand.encode(structure)
          assert.deepEqual(frame, byTable.encode(structure))
          const body = withoutPrefix(frame, format.sizePrefix)
          assert.deepEqual(byHand.decodeStructure(body), byTable.decodeStructure(body))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('leaves out the causes that its own decoder would refuse', () => {
    const innermost: WireThrowable = { className: 'a', message: '', stackTrace: [], cause: null }
    let exception = innermost
    for (let i = 0; i < 1000; i++) exception = { ...innermost, cause: exception }
    const codec = new OpenWireCodec(plain)
    const decoded = codec.decode(codec.encode(create('ExceptionResponse', { exception })))
    assert.ok(decoded?.type === TypeId.ExceptionResponse)
    let causes = 0
    for (let at = decoded.exception; at?.cause != null; at = at.cause) causes += 1
    assert.equal(causes, throwableCausesMax)
  })

  it('leaves a batch as it was when a command cannot be encoded', () => {
    const codec = new OpenWireCodec({ ...plain, maxFrameBytes: 100 })
    const good = create('ControlCommand', { command: 'good' })
    codec.append(good)
    const failures: [DataStructure, string][] = [
      [create('ControlCommand', { command: 'x'.repeat(101) }), 'FRAME_TOO_LARGE'],
      [create('ControlCommand', { command: 'x'.repeat(65_536) }), 'INVALID_ARGUMENT'],
      [create('BrokerInfo', { connectionId: 2n ** 63n }), 'INVALID_ARGUMENT'],
      [
        create('DataArrayResponse', { data: new Array<null>(32_768).fill(null) }),
        'INVALID_ARGUMENT',
      ],
    ]
    for (const [command, code] of failures) {
      assert.throws(() => codec.append(command), { code })
    }
    codec.append(good)
    assert.deepEqual(codec.take(), Buffer.concat([codec.encode(good), codec.encode(good)]))
  })

  it('refuses a structure that the version does not know', () => {
    const codec = new OpenWireCodec({ ...plain, version: 2 })
    assert.throws(() => codec.encode(create('ProducerAck')), { code: 'UNSUPPORTED' })
  })

  it('makes one piece of many frames, and keeps what was taken', () => {
    const codec = new OpenWireCodec(plain)
    const batches: Buffer[] = []
    const expected: string[] = []
    for (let i = 0; i < 200; i++) {
      const command = create('ControlCommand', { command: String(i).repeat(i) })
      codec.append(command)
      expected.push(new OpenWireCodec(plain).encode(command).toString('hex'))
      if (i % 7 === 6) batches.push(codec.take())
    }
    batches.push(codec.take())
    assert.equal(Buffer.concat(batches).toString('hex'), expected.join(''))
    assert.equal(codec.pendingBytes, 0)
  })

  it('does not copy what is large in a batch, in any format', () => {
    const large = Buffer.alloc(LARGE_BYTES, 'large')
    const commands = [
      create('ControlCommand', { command: 'before' }),
      create('ActiveMQBytesMessage', { content: large, correlationId: 'one' }),
      create('MessageDispatch', {
        message: create('ActiveMQTextMessage', { content: large, marshalledProperties: large }),
        redeliveryCounter: 3,
      }),
      create('ControlCommand', { command: 'after' }),
    ]
    for (const version of [1, 9, 12]) {
      for (const tight of [true, false]) {
        const format = {
          ...plain,
          version,
          tight,
          sizePrefix: true,
          maxFrameBytes: 3 * LARGE_BYTES,
        }
        const sender = new OpenWireCodec(format)
        // Twice: the second time the room for the bits is known.
        for (let time = 0; time < 2; time++) {
          for (const command of commands) sender.append(command)
          const waiting = sender.pendingBytes
          const pieces = sender.takePieces()
          assert.equal(sender.pendingBytes, 0)
          assert.equal(pieces.filter((piece) => piece.buffer === large.buffer).length, 3)
          const bytes = Buffer.concat(pieces)
          assert.equal(bytes.length, waiting)
          const reader = new CommandReader(new OpenWireCodec(format))
          reader.push(bytes)
          for (const command of commands) assert.ok(isDeepStrictEqual(reader.next(), command))
        }
      }
    }
  })

  it('forgets what is large with a frame that is too large', () => {
    const codec = new OpenWireCodec({ ...plain, maxFrameBytes: LARGE_BYTES })
    const good = create('ControlCommand', { command: 'good' })
    codec.append(good)
    const message = create('ActiveMQBytesMessage', { content: Buffer.alloc(LARGE_BYTES) })
    assert.throws(() => codec.append(message), { code: 'FRAME_TOO_LARGE' })
    assert.equal(codec.pendingBytes, codec.takePieces()[0]?.length)
    assert.equal(codec.pendingBytes, 0)
  })

  it('reads the cached form that a marshal-aware structure may have in the tight encoding', () => {
    const codec = new OpenWireCodec(plain)
    const message = create('ActiveMQTextMessage', { commandId: 7 })
    const inner = codec.encode(message)
    const size = Buffer.alloc(4)
    size.writeInt32BE(inner.length)
    // responseRequired, three nulls of ids and destination left out; message: notNull, cached form
    const bits = Buffer.from([1, 0b0001_1000])
    const head = Buffer.concat([Buffer.from([21]), bits, Buffer.from([0, 0, 0, 1, 28])])
    const frame = Buffer.concat([head, size, inner, Buffer.from([0, 0, 0, 5])])
    const decoded = codec.decode(frame)
    assert.ok(decoded?.type === TypeId.MessageDispatch)
    assert.deepEqual(decoded.message, message)
    assert.equal(decoded.redeliveryCounter, 5)
  })

  it('keeps a long beyond 2^53 exact', () => {
    const codec = new OpenWireCodec(plain)
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      const decoded = codec.decode(codec.encode(create('BrokerInfo', { connectionId: value })))
      assert.ok(decoded?.type === TypeId.BrokerInfo)
      assert.equal(decoded.connectionId, value)
      assert.equal(longToNumber(decoded.connectionId), Number(value))
    }
  })
})

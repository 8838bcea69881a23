import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LARGE_BYTES } from '../../src/base/roomy-memory.ts'
import type { CodecOptions } from '../../src/openwire/codec.ts'
import { initialCodecOptions, OpenWireCodec } from '../../src/openwire/codec.ts'
import type { Command } from '../../src/openwire/commands.ts'
import { create } from '../../src/openwire/commands.ts'
import { CommandReader } from '../../src/openwire/command-reader.ts'
import { defaultOffer, encodeOffer } from '../../src/openwire/wire-format.ts'
import { anyFormat, structureOf } from './arbitraries.ts'

function drain(reader: CommandReader): (Command | null)[] {
  const commands: (Command | null)[] = []
  for (let next = reader.next(); next !== undefined; next = reader.next()) commands.push(next)
  return commands
}

const plain: CodecOptions = {
  version: 12,
  tight: true,
  sizePrefix: false,
  cacheSize: 0,
  stackTraceEnabled: false,
  maxFrameBytes: 1000,
}

describe('CommandReader', () => {
  it('finds the same commands however the bytes are cut, with and without size prefixes', () => {
    const history = anyFormat.chain((format) =>
      fc.record({
        format: fc.constant(format),
        commands: fc.array(
          fc
            .constantFrom('ActiveMQTextMessage', 'ConsumerInfo', 'ConnectionInfo', 'KeepAliveInfo')
            .chain((name) => structureOf(name as 'KeepAliveInfo', format)),
          { maxLength: 6 },
        ),
        chunkBytes: fc.integer({ min: 1, max: 400 }),
      }),
    )
    fc.assert(
      fc.property(history, ({ format, commands, chunkBytes }) => {
        const codec = new OpenWireCodec(format)
        for (const command of commands) codec.append(command)
        codec.append(null)
        const bytes = codec.take()
        const reader = new CommandReader(new OpenWireCodec(format))
        const found: (Command | null)[] = []
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          reader.push(bytes.subarray(at, at + chunkBytes))
          found.push(...drain(reader))
        }
        assert.deepEqual(found, [...commands, null])
        assert.equal(reader.pendingBytes, 0)
      }),
      { numRuns: 150 },
    )
  })

  it('changes the format between two frames of one chunk', () => {
    const before = new OpenWireCodec(initialCodecOptions)
    const after = new OpenWireCodec(plain)
    const reader = new CommandReader(new OpenWireCodec(initialCodecOptions))
    const info = encodeOffer(defaultOffer)
    const alive = create('KeepAliveInfo', { responseRequired: true })
    reader.push(Buffer.concat([before.encode(info), after.encode(alive), after.encode(alive)]))
    assert.deepEqual(reader.next(), info)
    reader.use(new OpenWireCodec(plain))
    assert.deepEqual(drain(reader), [alive, alive])
  })

  it('refuses a large frame without a prefix before it is gathered, whatever was agreed on', () => {
    const roomy = { ...plain, maxFrameBytes: 100 * LARGE_BYTES }
    const frameOf = (byteCount: number) =>
      new OpenWireCodec(roomy).encode(
        create('PartialCommand', { data: Buffer.alloc(byteCount - overheadBytes) }),
      )
    const overheadBytes =
      new OpenWireCodec(roomy).encode(create('PartialCommand', { data: Buffer.alloc(100_000) }))
        .length - 100_000
    const reader = new CommandReader(new OpenWireCodec(roomy))
    reader.push(frameOf(LARGE_BYTES - 1))
    assert.equal(drain(reader).length, 1)
    reader.push(frameOf(LARGE_BYTES).subarray(0, 20))
    assert.throws(() => reader.next(), { code: 'FRAME_TOO_LARGE', message: /1048575 are allowed/ })
  })

  it('refuses a frame without a prefix once it must be too large', () => {
    const bytes = new OpenWireCodec({ ...plain, maxFrameBytes: 10_000 }).encode(
      create('PartialCommand', { data: Buffer.alloc(2000) }),
    )
    const reader = new CommandReader(new OpenWireCodec(plain))
    reader.push(bytes.subarray(0, 20))
    assert.throws(() => reader.next(), { code: 'FRAME_TOO_LARGE' })
    const whole = new CommandReader(new OpenWireCodec(plain))
    whole.push(bytes)
    assert.throws(() => whole.next(), { code: 'FRAME_TOO_LARGE' })
  })
})

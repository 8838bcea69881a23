import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import type { Command } from '@quorate/core/openwire/commands'
import { create } from '@quorate/core/openwire/commands'
import { defaultOffer, encodeOffer, negotiate } from '@quorate/core/openwire/wire-format'
import { Fixture } from './fixture.ts'
import {
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerInfo,
  sessionInfo,
  settle,
  textMessage,
} from './scripted-client.ts'

const RUNS = 300

const greeting = new OpenWireCodec(initialCodecOptions).encode(encodeOffer(defaultOffer))

/** A whole ordinary conversation as bytes, each command a frame. */
function conversation(): Buffer[] {
  const codec = new OpenWireCodec(negotiate(defaultOffer, defaultOffer).codec)
  const commands: Command[] = [
    connectionInfo(),
    sessionInfo(),
    producerInfo(),
    consumerInfo(1),
    textMessage(1),
    create('TransactionInfo', { connectionId: connectionInfo().connectionId }),
    create('MessagePull', { consumerId: consumerIdOf(1), timeout: 10 }),
    create('MessageAck', { consumerId: consumerIdOf(1), ackType: 2, messageCount: 1 }),
    create('RemoveInfo', { objectId: consumerIdOf(1) }),
  ]
  return commands.map((command, at) => {
    if ('commandId' in command) command.commandId = at + 1
    return Buffer.from(codec.encode(command))
  })
}

/** The broker still serves others, and the broken connection has left nothing behind. */
async function assertBrokerLives(fixture: Fixture): Promise<void> {
  const client = await fixture.connect()
  await client.succeed(textMessage(1))
  client.end()
  await settle()
  assert.equal(fixture.adapter.connections, 0)
}

async function feed(chunks: readonly Buffer[]): Promise<void> {
  const fixture = new Fixture()
  const client = fixture.dial()
  for (const chunk of chunks) client.write(chunk)
  await settle()
  // A bug of ours would be logged as such, and none of these is one.
  assert.doesNotMatch(fixture.logged.join('\n'), /INTERNAL|bug/)
  assert.ok(fixture.logged.length <= 1, fixture.logged.join('\n'))
  client.end()
  await settle()
  await assertBrokerLives(fixture)
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array))

describe('openwire hostile bytes', () => {
  it('end one connection with one error when they come first', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, (noise) => feed([noise])),
      { numRuns: RUNS },
    )
  })

  it('end one connection with one error after the greeting', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, (noise) => feed([greeting, noise])),
      { numRuns: RUNS },
    )
  })

  it('end one connection with one error when they look like frames', async () => {
    const frame = fc.tuple(fc.integer({ min: 0, max: 130 }), bytes).map(([type, body]) => {
      const head = Buffer.alloc(5)
      head.writeInt32BE(body.length + 1)
      head.writeUInt8(type, 4)
      return Buffer.concat([head, body])
    })
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 5 }), (frames) => feed([greeting, ...frames])),
      { numRuns: RUNS },
    )
  })

  it('are survived inside an ordinary conversation, wherever it is broken or cut', async () => {
    const frames = conversation()
    const change = fc.record({
      frame: fc.nat({ max: frames.length - 1 }),
      at: fc.nat({ max: 400 }),
      value: fc.nat({ max: 255 }),
      cut: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const broken: Buffer[] = frames.map((frame) => Buffer.from(frame))
        for (const { frame, at, value, cut } of changes) {
          const target = broken[frame] as Buffer
          const where = at % Math.max(1, target.length)
          if (cut) broken[frame] = target.subarray(0, where)
          else target[where] = value
        }
        await feedBroken([greeting, ...broken])
      }),
      { numRuns: RUNS },
    )
  })
})

/** As `feed`, where changed values may also be sound commands that fail one by one. */
async function feedBroken(chunks: readonly Buffer[]): Promise<void> {
  const fixture = new Fixture()
  const client = fixture.dial()
  for (const chunk of chunks) client.write(chunk)
  await settle()
  assert.doesNotMatch(fixture.logged.join('\n'), /INTERNAL|bug/)
  client.end()
  await settle()
  await assertBrokerLives(fixture)
}

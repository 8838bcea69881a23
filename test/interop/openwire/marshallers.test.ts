import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { OpenWireCodec } from '@quorate/core/openwire/codec'
import type { DataStructure } from '@quorate/core/openwire/commands'
import { create } from '@quorate/core/openwire/commands'
import type { Dump } from '../../conformance/openwire/vectors.ts'
import {
  expectedOf,
  optionsOf,
  parseObjects,
  parseSequence,
  readVectorFile,
} from '../../conformance/openwire/vectors.ts'
import { javaMissing } from '../../support/java.ts'
import type { OurFrames } from './java-vectors.ts'
import { JavaVectors } from './java-vectors.ts'

/** Objects to encode one after the other with one codec. */
interface Batch {
  readonly format: string
  readonly cacheSize: number
  readonly objects: readonly DataStructure[]
}

function encode({ format, cacheSize, objects }: Batch): OurFrames {
  const codec = new OpenWireCodec(optionsOf(format, cacheSize))
  return { format, cacheSize, frames: objects.map((object) => codec.encode(object)) }
}

/** Asserts that ActiveMQ reads our frames as the objects that we meant, field by field. */
async function assertUnderstood(java: JavaVectors, batches: readonly Batch[]): Promise<void> {
  const dumps = await java.decode(batches.map(encode))
  let at = 0
  for (const { format, cacheSize, objects } of batches) {
    for (const object of objects) {
      const dump = dumps[at++]
      assert.ok(dump !== undefined && dump !== null)
      assert.deepEqual(expectedOf(dump, optionsOf(format, cacheSize)), object, format)
    }
  }
}

/** Every dumped object in every format that it has a frame in, as our own. */
function objectBatches(text: string): Batch[] {
  const batches = new Map<string, DataStructure[]>()
  for (const { object, frames } of parseObjects(text)) {
    for (const format of Object.keys(frames)) {
      const batch = batches.get(format) ?? []
      batch.push(expectedOf(object, optionsOf(format)))
      batches.set(format, batch)
    }
  }
  return [...batches].map(([format, objects]) => ({ format, cacheSize: 0, objects }))
}

function many<T>(count: number, item: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => item(i))
}

/** Structures at the edges of the encodings: sizes that change a header or a flag. */
function edgeObjects(): DataStructure[] {
  const texts = [47, 48, 49, 126, 32_765, 32_766, 32_767, 65_535].map((n) => 'x'.repeat(n))
  texts.push('\u20ac'.repeat(21_845), '\0'.repeat(32_767))
  const peers = (count: number): DataStructure =>
    create('BrokerInfo', { peerBrokerInfos: many(count, () => create('BrokerInfo')) })
  return [
    ...texts.map((command) => create('ControlCommand', { command })),
    ...[20, 23, 24, 25, 60, 120, 300].map(peers),
    create('DataArrayResponse', {
      data: many(3000, (i) => create('ConsumerId', { connectionId: 'c', value: i })),
    }),
    create('ActiveMQBytesMessage', { content: Buffer.alloc(300_000, 7) }),
  ]
}

describe("ActiveMQ's marshallers and ours", { skip: javaMissing() }, () => {
  let java: JavaVectors
  before(async () => {
    java = await JavaVectors.open()
  })
  after(() => java.close())

  it('make the frames that the conformance suite is checked with', async () => {
    assert.ok((await java.objects(0)) === readVectorFile('objects'), 'objects are current')
    assert.ok((await java.sequence()) === readVectorFile('sequence'), 'the sequence is current')
  })

  it('make the same bytes of objects never seen before', async () => {
    const seed = 1000 + Math.floor(Math.random() * 1_000_000)
    for (const { object, frames } of parseObjects(await java.objects(seed))) {
      for (const [format, hex] of Object.entries(frames)) {
        const codec = new OpenWireCodec(optionsOf(format))
        const ours = codec.encode(expectedOf(object, optionsOf(format)))
        assert.equal(ours.toString('hex'), hex, `seed ${seed}, format ${format}`)
      }
    }
  })

  it('read each other, field by field, in every format', async () => {
    await assertUnderstood(java, objectBatches(readVectorFile('objects')))
  })

  it('read each other through caches of several sizes', async () => {
    const { objects, sequences } = parseSequence(readVectorFile('sequence'))
    const batches = sequences.flatMap(({ format }) =>
      [101, 120, 1024, 16_383].map((cacheSize) => ({
        format,
        cacheSize,
        objects: objects.map((dump: Dump) => expectedOf(dump, optionsOf(format, cacheSize))),
      })),
    )
    await assertUnderstood(java, batches)
  })

  it('read each other where sizes change the encoding', async () => {
    const batches = ['1t', '1l', '12t', '12l'].map((format) => ({
      format,
      cacheSize: 0,
      objects: edgeObjects(),
    }))
    await assertUnderstood(java, batches)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readFully } from '../../src/store/journal/file-system.ts'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'
import { TwoSlotFile, payloadIn } from '../../src/store/two-slot-file.ts'

const PATH = '/data/meta'
const COPY = 4096
const SLOT = 2 * COPY

async function open(fileSystem: MemoryFileSystem) {
  return TwoSlotFile.open({ fileSystem, path: PATH, copyBytes: COPY })
}

async function written(payloads: readonly string[]): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  const { file } = await open(fileSystem)
  for (const payload of payloads) await file.write(Buffer.from(payload))
  return fileSystem.kill()
}

async function payloadOn(fileSystem: MemoryFileSystem): Promise<string | null> {
  const file = await fileSystem.open(PATH, 'read')
  return payloadIn(await readFully(file, 0, 2 * SLOT), COPY)?.toString() ?? null
}

describe('two-slot file', () => {
  it('is absent at first, and then holds what was written last', async () => {
    const fileSystem = new MemoryFileSystem()
    const { file, state, payload } = await open(fileSystem)
    assert.equal(state, 'absent')
    assert.equal(payload, null)
    for (const text of ['one', 'two', 'three']) {
      await file.write(Buffer.from(text))
      const again = await open(fileSystem)
      assert.equal(again.state, 'valid')
      assert.equal(again.payload?.toString(), text)
    }
  })

  it('says nothing before its first write is durable', async () => {
    const fileSystem = new MemoryFileSystem()
    const { file } = await open(fileSystem)
    assert.equal(await payloadOn(fileSystem), null)
    await file.write(Buffer.from('one'))
    assert.equal(await payloadOn(fileSystem), 'one')
  })

  it('survives its own creation: the directory is synced', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const fileSystem = new MemoryFileSystem()
      await open(fileSystem)
      const remains = fileSystem.crash(seed)
      assert.equal(await remains.size(PATH), 4 * COPY)
      assert.equal((await open(remains)).state, 'absent')
    }
  })

  it('is absent after a first write that was torn', async () => {
    const fileSystem = new MemoryFileSystem()
    await open(fileSystem)
    const file = await fileSystem.open(PATH, 'write')
    await file.write([Buffer.from('QRTC, and then nothing')], SLOT)
    const { state, payload } = await open(fileSystem)
    assert.equal(state, 'absent')
    assert.equal(payload, null)
  })

  it('makes durable what a killed process left in the page cache before it goes on', async () => {
    for (const operations of [1, 2, 3, 4, 5, 6, 7]) {
      for (let seed = 0; seed < 40; seed++) {
        let left = operations
        const turn = (): Promise<void> =>
          left-- > 0 ? Promise.resolve() : new Promise(() => undefined)
        const killed = new MemoryFileSystem({ turn })
        void open(killed).then(({ file }) => file.write(Buffer.alloc(3000, 'a')))
        await new Promise((resolve) => setImmediate(resolve))
        left = Infinity
        const fileSystem = killed.kill()
        const { payload } = await open(fileSystem)
        const again = await open(fileSystem.crash(seed))
        assert.deepEqual(again.payload, payload, `${operations} operations, seed ${seed}`)
        assert.notEqual(again.state, 'bad')
      }
    }
  })

  it('keeps the payload before when the newest is damaged, and reports two bad slots', async () => {
    // Generations 1, 2, 3 lie in the second, the first and again the second slot.
    const fileSystem = await written(['one', 'two', 'three'])
    for (const at of [SLOT + 21, SLOT + COPY + 21]) fileSystem.flip(PATH, at, 1)
    const older = await open(fileSystem)
    assert.equal(older.payload?.toString(), 'two')
    for (const at of [5, COPY + 5]) fileSystem.flip(PATH, at, 1)
    const { state, payload } = await open(fileSystem)
    assert.equal(state, 'bad')
    assert.equal(payload, null)
  })

  it('does not go back when a byte of what counts decays, wherever it lies', async () => {
    for (const copy of [0, COPY]) {
      for (let byte = 0; byte < 23; byte++) {
        const fileSystem = await written(['one', 'two'])
        fileSystem.flip(PATH, copy + byte, 0x10)
        assert.equal((await open(fileSystem)).payload?.toString(), 'two', `byte ${copy + byte}`)
        // It has been written anew.
        fileSystem.flip(PATH, COPY - copy + byte, 0x10)
        assert.equal((await open(fileSystem)).payload?.toString(), 'two', `byte ${copy + byte}`)
      }
    }
  })

  it('notices each flipped bit of the slot that counts', async () => {
    for (let byte = 0; byte < 23; byte++) {
      const fileSystem = await written(['one', 'two'])
      for (const copy of [0, COPY]) fileSystem.flip(PATH, copy + byte, 0x10)
      assert.equal((await open(fileSystem)).payload?.toString(), 'one', `byte ${byte}`)
    }
  })

  it('holds after a crash the last payload that was confirmed, or the one after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 3000 }), { minLength: 1, maxLength: 6 }),
        fc.nat(40),
        fc.integer(),
        async (texts, operations, seed) => {
          let left = operations
          const turn = (): Promise<void> =>
            left-- > 0 ? Promise.resolve() : new Promise(() => undefined)
          const fileSystem = new MemoryFileSystem({ turn })
          let confirmed = 0
          const writing = (async () => {
            const { file } = await open(fileSystem)
            for (const text of texts) {
              await file.write(Buffer.from(text))
              confirmed++
            }
          })()
          await Promise.race([writing, new Promise((resolve) => setImmediate(resolve))])
          left = Infinity
          const found = await open(fileSystem.crash(seed))
          if (confirmed === 0) return
          const text = found.payload?.toString()
          assert.ok(text === texts[confirmed - 1] || text === texts[confirmed])
        },
      ),
    )
  })

  it('writes one after the other, and nothing after an error', async () => {
    const fileSystem = new MemoryFileSystem()
    const { file } = await open(fileSystem)
    await Promise.all(['a', 'b', 'c'].map((text) => file.write(Buffer.from(text))))
    assert.equal((await open(fileSystem)).payload?.toString(), 'c')
    fileSystem.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
    await assert.rejects(file.write(Buffer.from('d')), { code: 'EIO' })
    fileSystem.fault = () => null
    await assert.rejects(file.write(Buffer.from('e')), { code: 'EIO' })
  })

  it('never goes back behind what was durable, also after a failed sync and a kill (R37)', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const fileSystem = new MemoryFileSystem()
      const { file } = await open(fileSystem)
      await file.write(Buffer.from('1'))
      await file.write(Buffer.from('2'))
      fileSystem.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
      await assert.rejects(file.write(Buffer.from('3')), { code: 'EIO' })
      const next = fileSystem.kill()
      next.fault = () => null
      const again = await open(next)
      // The power fails while the next write waits for its sync.
      next.fault = ({ kind }) => (kind === 'syncData' ? { errno: 'EIO' } : null)
      await assert.rejects(again.file.write(Buffer.from('4')))
      const last = next.crash(seed)
      last.fault = () => null
      const found = (await open(last)).payload?.toString()
      assert.ok(found === '3' || found === '4', `seed ${seed}: ${found ?? 'nothing'}`)
    }
  })

  it('refuses a payload that does not fit', async () => {
    const { file } = await open(new MemoryFileSystem())
    assert.throws(() => file.write(Buffer.alloc(file.payloadBytesMax + 1)), /has to fit/)
    await file.write(Buffer.alloc(file.payloadBytesMax, 1))
  })
})

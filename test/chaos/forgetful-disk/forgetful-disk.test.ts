import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { DiskModel } from './disk-model.ts'
import type { Image, Operation } from './disk-model.ts'
import { ForgetfulDisk, forgetfulDiskMissing } from './forgetful-disk.ts'

const script = fileURLToPath(new URL('scripted-writer.mjs', import.meta.url))
const SECTOR_BYTES = 512
const HISTORIES = 10
const KILLED_HISTORIES = 12

interface Written {
  readonly lines: readonly string[]
  /** Operations that are known to be done. */
  readonly done: number
}

/** Runs the operations and kills the process: at the end, or so long after the first is done. */
async function write(
  disk: ForgetfulDisk,
  operations: readonly Operation[],
  killAfterMs?: number,
): Promise<Written> {
  const child = spawn(process.execPath, [script, disk.directory], {
    env: { ...process.env, ...disk.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const said = listen(child)
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(operations))
  const late = killAfterMs === undefined ? [] : [said.begun.then(() => delay(killAfterMs))]
  await Promise.race([said.done, exited, ...late])
  child.kill('SIGKILL')
  await exited
  const lines = said.text().split('\n').slice(0, -1)
  return { lines, done: lines.filter((line) => /^\d+( |$)/.test(line)).length }
}

interface Said {
  text(): string
  /** The first line is there. */
  readonly begun: Promise<void>
  readonly done: Promise<void>
}

function listen(child: ChildProcess): Said {
  let text = ''
  const told = (what: RegExp) =>
    new Promise<void>((resolve) => {
      child.stdout?.on('data', () => {
        if (what.test(text)) resolve()
      })
    })
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { text: () => text, begun: told(/\n/), done: told(/done\n$/) }
}

function imageOf(directory: string, prefix = ''): Image {
  const image: Image = new Map()
  for (const entry of readdirSync(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name
    image.set(path, entry.isDirectory() ? null : readFileSync(join(directory, path)))
    if (!entry.isDirectory()) continue
    for (const [inner, content] of imageOf(directory, `${path}/`)) image.set(inner, content)
  }
  return image
}

function modelOf(operations: readonly Operation[]): DiskModel {
  const model = new DiskModel()
  for (const operation of operations) model.apply(operation)
  return model
}

function shown(image: Image): Record<string, string> {
  const entries = [...image].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([path, content]) => [path, runsOf(content)]))
}

/** `a x 512, b x 3`: what a failed comparison can be read from. */
function runsOf(content: Buffer | null): string {
  if (content === null) return 'directory'
  const runs: string[] = []
  for (let at = 0; at < content.length;) {
    const start = at
    while (at < content.length && content[at] === content[start]) at++
    runs.push(`${content[start]}x${at - start}`)
  }
  return runs.join(' ')
}

const NAMES = ['a', 'b', 'c', 'd/a', 'd/b', 'd', 'e'] as const
const SIZES = [1, 511, 512, 4096, 5000, 9000]

/** Operations that can be carried out one after the other, whatever was drawn. */
function scripts(minLength: number, maxLength: number): fc.Arbitrary<Operation[]> {
  const draw = fc.record({
    kind: fc.nat(99),
    first: fc.nat(NAMES.length - 1),
    second: fc.nat(NAMES.length - 1),
    number: fc.nat(12_000),
  })
  return fc.array(draw, { minLength, maxLength }).map((draws) => {
    const model = new DiskModel()
    const script: Operation[] = []
    for (const each of draws) {
      const operation = chosen(model.cached(), each)
      if (operation === null) continue
      model.apply(operation)
      script.push(operation)
    }
    return script
  })
}

interface Draw {
  readonly kind: number
  readonly first: number
  readonly second: number
  readonly number: number
}

function chosen(image: Image, draw: Draw): Operation | null {
  const path = NAMES[draw.first]!
  const other = NAMES[draw.second]!
  const isDirectory = (name: string) => name === 'd' || name === 'e'
  const parent = path.includes('/') ? 'd' : ''
  if (draw.kind < 15) return ['sync', parent !== '' && image.has('d') ? 'd' : '']
  if (parent !== '' && !image.has('d')) return null
  if (!image.has(path)) return [isDirectory(path) ? 'makeDirectory' : 'create', path]
  if (isDirectory(path)) {
    const isEmpty = ![...image.keys()].some((name) => name.startsWith(`${path}/`))
    return isEmpty && draw.kind < 40 ? ['removeDirectory', path] : ['sync', path]
  }
  const byte = (draw.number % 255) + 1
  const length = SIZES[draw.second % SIZES.length]!
  if (draw.kind < 25) return ['syncData', path]
  if (draw.kind < 35) return ['sync', path]
  if (draw.kind < 42) return ['remove', path]
  if (draw.kind < 52) {
    const fits = !isDirectory(other) && (!other.includes('/') || image.has('d')) && other !== path
    return fits ? ['rename', path, other] : null
  }
  if (draw.kind < 58) return ['truncate', path, draw.number]
  if (draw.kind < 62) return ['overwrite', path]
  if (draw.kind < 70) return ['append', path, byte, length]
  return ['write', path, draw.number, byte, length]
}

describe('a disk that forgets', { skip: forgetfulDiskMissing() }, () => {
  let folder = ''
  let disk: ForgetfulDisk

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-disk-'))
    disk = new ForgetfulDisk(join(folder, 'data'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const freshDisk = (): void => {
    rmSync(folder, { recursive: true, force: true })
    disk = new ForgetfulDisk(join(folder, 'data'))
  }

  it('holds after a power loss what was synced, and nothing else', async () => {
    await write(disk, [
      ['create', 'a'],
      ['append', 'a', 1, 600],
      ['sync', 'a'],
      ['sync', ''],
      ['append', 'a', 2, 600],
      ['write', 'a', 0, 3, 10],
      ['create', 'b'],
      ['append', 'b', 4, 10],
      ['sync', 'b'],
    ])
    assert.equal(readdirSync(disk.directory).length, 2, 'a kill alone loses nothing')
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), { a: '1x600' })
  })

  it('brings back a file that was replaced by a rename whose directory was not synced', async () => {
    await write(disk, [
      ['create', 'current'],
      ['append', 'current', 1, 10],
      ['sync', 'current'],
      ['sync', ''],
      ['create', 'next'],
      ['append', 'next', 2, 10],
      ['sync', 'next'],
      ['rename', 'next', 'current'],
    ])
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), { current: '1x10' })
  })

  it('lets a later process sync what an earlier one wrote', async () => {
    await write(disk, [
      ['create', 'a'],
      ['append', 'a', 1, 5000],
    ])
    await write(disk, [
      ['append', 'a', 2, 1],
      ['sync', 'a'],
      ['sync', ''],
    ])
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), { a: '1x5000 2x1' })
  })

  it('adopts what a power loss left, and forgets only what came after it', async () => {
    await write(disk, [
      ['create', 'a'],
      ['append', 'a', 1, 10],
      ['sync', 'a'],
      ['sync', ''],
    ])
    disk.powerLoss()
    await write(disk, [['append', 'a', 2, 10]])
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), { a: '1x10' })
  })

  it('keeps unsynced sectors as chance has it, the same for the same seed', async () => {
    const kept = async (seed: number) => {
      freshDisk()
      await write(disk, [
        ['create', 'a'],
        ['append', 'a', 1, 64 * SECTOR_BYTES],
        ['sync', 'a'],
        ['sync', ''],
        ['write', 'a', 0, 2, 64 * SECTOR_BYTES],
      ])
      disk.powerLoss({ seed, keep: 0.5 })
      return runsOf(imageOf(disk.directory).get('a') ?? null)
    }
    const once = await kept(1)
    assert.match(once, /1x\d+ .*2x\d+/, 'torn')
    assert.equal(await kept(1), once)
    assert.notEqual(await kept(2), once)
  })

  it('fails the n-th sync, and what it had to write never reaches the medium', async () => {
    disk.setMode({ failSyncIn: 3 })
    const { lines } = await write(disk, [
      ['create', 'a'],
      ['sync', ''],
      ['append', 'a', 1, 5000],
      ['syncData', 'a'],
      ['append', 'a', 2, 5000],
      ['syncData', 'a'],
      ['sync', 'a'],
    ])
    assert.equal(lines[5], '5 EIO')
    assert.equal(lines[6], '6', 'the next sync succeeds, and means nothing')
    disk.powerLoss({ keep: 1 })
    const a = runsOf(imageOf(disk.directory).get('a') ?? null)
    assert.equal(a, '1x5000 0x5000')
  })

  it('lets nothing grow when it is full, and overwriting go on', async () => {
    await write(disk, [
      ['create', 'a'],
      ['append', 'a', 1, 100],
    ])
    disk.setMode({ full: true })
    const { lines } = await write(disk, [
      ['write', 'a', 50, 2, 100],
      ['write', 'a', 0, 3, 10],
      ['create', 'b'],
    ])
    assert.deepEqual(lines.slice(0, 3), ['0 ENOSPC', '1', '2 ENOSPC'])
    assert.deepEqual(shown(imageOf(disk.directory)), { a: '3x10 1x40 2x50' })
  })

  it('writes less than it is given', async () => {
    disk.setMode({ shortWrites: true })
    await write(disk, [
      ['create', 'a'],
      ['write', 'a', 0, 1, 9000],
    ])
    assert.deepEqual(shown(imageOf(disk.directory)), { a: '1x9000' })
  })

  it('lies about syncs', async () => {
    disk.setMode({ lyingSyncs: true })
    await write(disk, [
      ['create', 'a'],
      ['append', 'a', 1, 10],
      ['sync', 'a'],
      ['sync', ''],
    ])
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), {})
  })

  it('is slow to sync, and loses what waits; a disk that is quick again lets go', async () => {
    const script: Operation[] = [
      ['create', 'a'],
      ['sync', ''],
      ['append', 'a', 1, 9],
      ['sync', 'a'],
    ]
    disk.setMode({ slowSyncMs: 60_000 })
    assert.equal((await write(disk, script, 400)).done, 1)
    disk.powerLoss()
    assert.deepEqual(shown(imageOf(disk.directory)), {})
    setTimeout(() => disk.setMode({}), 300)
    assert.equal((await write(disk, script)).done, script.length)
  })

  it('shows another boot id after a power loss, and the same after a kill', async () => {
    const bootId = async () => (await write(disk, [['bootId', '']])).lines[0]
    const first = await bootId()
    assert.equal(await bootId(), first)
    disk.powerLoss()
    const second = await bootId()
    assert.notEqual(second, first)
    assert.match(second ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(await bootId(), second)
  })

  it('keeps what LevelDB synced, and may lose what it did not', async () => {
    const { lines } = await write(disk, [
      ['put', 'index', 'first', true],
      // LevelDB itself does not sync the rename that makes a new database known.
      ['sync', 'index'],
      ['sync', ''],
      ['put', 'index', 'second', true],
      ['put', 'index', 'third', false],
    ])
    assert.deepEqual(lines, ['0', '1', '2', '3', '4', 'done'])
    disk.powerLoss()
    const database = new ClassicLevel(join(disk.directory, 'index'))
    await database.open()
    assert.deepEqual(await database.keys().all(), ['first', 'second'])
    await database.close()
  })

  it('holds what a strict disk would hold, after any operations', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(10, 100), async (script) => {
        freshDisk()
        const { lines } = await write(disk, script)
        assert.deepEqual(lines, [...script.keys(), 'done'].map(String))
        const model = modelOf(script)
        assert.deepEqual(shown(imageOf(disk.directory)), shown(model.cached()))
        disk.powerLoss()
        assert.deepEqual(shown(imageOf(disk.directory)), shown(model.medium()))
      }),
      { numRuns: HISTORIES, endOnFailure: true },
    )
  })

  it('is a state that the medium can be in, killed at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(300, 400), fc.nat(20), async (script, ms) => {
        freshDisk()
        const { done } = await write(disk, script, ms)
        disk.powerLoss()
        const found = imageOf(disk.directory)
        // The operation under way may be done, or not, or a sync in part.
        const before = modelOf(script.slice(0, done)).medium()
        const after = modelOf(script.slice(0, done + 1)).medium()
        if (sameText(found, before) || sameText(found, after)) return
        for (const [path, content] of found)
          assertBetween(content, before.get(path), after.get(path))
      }),
      { numRuns: KILLED_HISTORIES, endOnFailure: true },
    )
  })
})

function sameText(first: Image, second: Image): boolean {
  return JSON.stringify(shown(first)) === JSON.stringify(shown(second))
}

/** Each sector is the one of before or the one of after. */
function assertBetween(
  found: Buffer | null,
  before: Buffer | null = null,
  after: Buffer | null = null,
): void {
  const sectors = Math.ceil((found?.length ?? 0) / SECTOR_BYTES)
  for (let sector = 0; sector < sectors; sector++) {
    const at = (content: Buffer | null) =>
      content?.toString('latin1', sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES)
    assert.ok([at(before), at(after)].includes(at(found)), `sector ${sector}: ${runsOf(found)}`)
  }
}

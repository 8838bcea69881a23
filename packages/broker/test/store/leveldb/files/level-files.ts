import { join } from 'node:path'
import { readdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import type { File } from '../../../../src/store/journal/file-system.ts'

export interface Sizes {
  readonly rows: number
  readonly valueBytes: number
  /** Zeros compress well, and random bytes not at all. */
  readonly isRandom?: boolean
}

/** One table, of a few blocks. */
export const SMALL: Sizes = { rows: 40, valueBytes: 400 }

/** Rows, written so that they end up in tables. */
export async function fill(directory: string, sizes: Sizes): Promise<void> {
  const { rows, valueBytes, isRandom = false } = sizes
  const database = new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  let state = 1
  for (let row = 0; row < rows; row++) {
    const value = Buffer.alloc(valueBytes)
    if (isRandom) for (let i = 0; i < valueBytes; i++) value[i] = state = (state * 75 + 74) % 65_537
    await database.put(Buffer.from(`row ${String(row).padStart(6, '0')}`), value)
  }
  await database.compactRange(Buffer.from('a'), Buffer.from('z'))
  await database.close()
}

/** The path of the only file in the directory whose name has this in it. */
export async function onlyFile(directory: string, part: string): Promise<string> {
  const [name, ...others] = (await readdir(directory)).filter((name) => name.includes(part))
  if (name === undefined || others.length > 0) throw new Error(`not one ${part} in ${directory}`)
  return join(directory, name)
}

export function flipBit(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes)
  flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at)
  return flipped
}

/** A file that can only be read, a few bytes at a time. */
export function fileOf(bytes: Buffer, readMax = 10_000): File {
  const never = (): never => {
    throw new Error('only read')
  }
  return {
    read: (target, position) => {
      const most = Math.min(target.length, readMax)
      return Promise.resolve(bytes.copy(target, 0, position, position + most))
    },
    write: never,
    syncData: never,
    sync: never,
    truncate: never,
    close: () => Promise.resolve(),
  }
}

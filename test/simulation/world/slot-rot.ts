import type { MemoryFileSystem } from '@quorate/broker/store/journal/memory-file-system'
import { GENERATION_AT, SLOT_BYTES } from '@quorate/broker/store/two-slot-file'
import type { Chance } from './chance.ts'

/**
 * Decay of a two-slot file: one bit of what its newest slot holds, or everything in both. False
 * when nothing was written to it yet.
 */
export function rotSlots(
  files: MemoryFileSystem,
  path: string,
  damage: { readonly what: 'newest' | 'all'; readonly chance: Chance },
): boolean {
  const content = files.content(path)
  if (content === null || content.length < 2 * SLOT_BYTES) return false
  const [even, odd] = [0, SLOT_BYTES].map((at) => content.readBigUInt64BE(at + GENERATION_AT))
  if (even === odd || even === undefined || odd === undefined) return false
  const start = odd > even ? SLOT_BYTES : 0
  const [from, to] = damage.what === 'all' ? [0, 2 * SLOT_BYTES] : [start, start + SLOT_BYTES]
  const used: number[] = []
  for (let at = from; at < to; at++) if (content[at] !== 0) used.push(at)
  const { chance } = damage
  if (damage.what === 'all') for (const at of used) files.flip(path, at, 0xff)
  else files.flip(path, chance.pick(used), 1 << chance.integer(0, 7))
  return true
}

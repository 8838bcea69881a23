import type { SeededBug } from './seeded-bug.ts'

export declare const NOT_BROKEN: number

/** The text with all edits made. Throws when one of them does not occur exactly once. */
export declare function applyEdits(
  text: string,
  bug: Pick<SeededBug, 'name' | 'file' | 'edits'>,
): string

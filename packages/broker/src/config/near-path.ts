import { relative, sep } from 'node:path'

/** A path so far above a file is not part of the same installation. */
const FOLDERS_ABOVE_MAX = 2

/**
 * The path as it is written in a file of this folder, when both are in the same installation; ''
 * is the folder itself. Undefined for all others, and for those that share nothing but the root.
 */
export function nearPath(path: string, folder: string): string | undefined {
  const near = relative(folder, path)
  const above = near.split(sep).filter((part) => part === '..').length
  const depth = folder.split(sep).filter((part) => part !== '').length
  return above > FOLDERS_ABOVE_MAX || (above > 0 && above >= depth) ? undefined : near
}

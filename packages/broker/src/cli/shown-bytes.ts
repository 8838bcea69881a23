const units = ['KB', 'MB', 'GB', 'TB'] as const
const STEP = 1024

/** A size for people: `940 bytes`, `12.3 MB`, in powers of two as everywhere. */
export function shownBytes(bytes: number): string {
  if (bytes < STEP) return `${bytes} bytes`
  let value = bytes
  let unit: string = ''
  for (const next of units) {
    if (value < STEP) break
    value /= STEP
    unit = next
  }
  return `${value.toFixed(1)} ${unit}`
}

/** A number with its thousands apart. */
export function shownCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 record`, `3 records`. */
export function counted(count: number, thing: string): string {
  return `${shownCount(count)} ${thing}${count === 1 ? '' : 's'}`
}

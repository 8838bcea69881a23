/**
 * Durations and sizes as people write them: `800ms`, `2s`, `1m30s`, `100mb`. A bare number is in
 * the unit of the setting: milliseconds or bytes. Sizes count in powers of two, as in ActiveMQ.
 */

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
}

function whole(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

/** Milliseconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const compact = text.toLowerCase().replaceAll(' ', '')
  if (/^\d+$/.test(compact)) return whole(Number(compact))
  if (!/^(\d+(ms|s|m|h|d))+$/.test(compact)) return undefined
  let totalMs = 0
  for (const [, count, unit] of compact.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    totalMs += Number(count) * (msPerUnit[unit ?? ''] ?? Number.NaN)
  }
  return whole(totalMs)
}

/** Bytes, or undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)(b|kb?|mb?|gb?)?$/.exec(text.toLowerCase().replaceAll(' ', ''))
  if (match === null) return undefined
  return whole(Number(match[1]) * (bytesPerUnit[match[2] ?? 'b'] ?? Number.NaN))
}

function inLargest(value: number, units: readonly (readonly [string, number])[]): string {
  for (const [unit, factor] of units) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`
  }
  return String(value)
}

/** The shortest exact form: 2000 is `2s`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  const units = Object.entries(msPerUnit).reverse()
  return inLargest(ms, units)
}

/** The shortest exact form: 104857600 is `100mb`. */
export function formatSize(bytes: number): string {
  return inLargest(bytes, [
    ['gb', 1024 ** 3],
    ['mb', 1024 ** 2],
    ['kb', 1024],
  ])
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const
const UNIT_BYTES = 1024

/** `1.5 MB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let at = 0
  while (value >= UNIT_BYTES && at < units.length - 1) {
    value /= UNIT_BYTES
    at++
  }
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at] ?? ''}`
}

/** `12,345`. */
export function countText(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Each second: `0.4`, `12`, `3,400`. */
export function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 9.95) return perSecond.toFixed(1)
  return countText(perSecond)
}

/** `3 d 4 h`, `5 min 2 s`, `812 ms`: the two biggest parts. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.floor(ms / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

/** `2026-11-23 14:05:09`, by the clock of who looks. */
export function timeText(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${day} ${time}`
}

const BAR_COLUMNS = 24

/** `######..................`: `part` of 1. */
export function progressBar(part: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * BAR_COLUMNS)
  return '#'.repeat(filled) + '.'.repeat(BAR_COLUMNS - filled)
}

type Fields = Readonly<Record<string, unknown>>

/** The fields of `now` that were different; null when there is none. Values are plain. */
export function changedFields(before: Fields, now: Fields): Fields | null {
  const changed = Object.entries(now).filter(([name, value]) => before[name] !== value)
  return changed.length === 0 ? null : Object.fromEntries(changed)
}

type Value = string | number | boolean

export interface WrittenProperties {
  readonly values: Readonly<Record<string, Value>>
  /** The first line that is none, counted from 1; null: all are. */
  readonly wrongLine: number | null
}

/** Reads `name=value` of each line; numbers and booleans are what they look like. */
export function propertiesIn(text: string): WrittenProperties {
  const lines = text.split('\n')
  const wrong = lines.findIndex((line) => line.trim() !== '' && !/^\s*[^\s=]+\s*=/.test(line))
  const entries = lines
    .filter((line) => line.includes('='))
    .map((line): [string, Value] => {
      const at = line.indexOf('=')
      return [line.slice(0, at).trim(), valueIn(line.slice(at + 1).trim())]
    })
  return { values: Object.fromEntries(entries), wrongLine: wrong === -1 ? null : wrong + 1 }
}

function valueIn(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  // Only what is written as a number is: 007 and 1e3 stay texts, and so does NaN.
  return Number.isFinite(number) && String(number) === text ? number : text
}

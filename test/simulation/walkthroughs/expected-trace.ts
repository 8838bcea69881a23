/** What a node did, or `-` what happened to the world around. */
export interface ToldLine {
  readonly who: string
  readonly what: string
}

/** Any number of lines. */
const GAP = null
/** Lines of which the order does not matter; mostly there is only one. */
type Block = readonly string[]

/** Questions before an election change nothing (R11): they are told, and need not be expected. */
const optional = /^\S+ would not/

/**
 * A trace as scenarios write it down: a line for each thing that happens, in order.
 *
 *   A  leads in epoch *      `*` stands for whatever is there
 *   ~  C  votes for B ...    lines in a row that begin so may come in any order
 *   ...                      any number of lines that do not matter
 */
export class ExpectedTrace {
  readonly #items: readonly (Block | typeof GAP)[]

  constructor(text: string) {
    const items: (string[] | typeof GAP)[] = []
    let isUnordered = false
    for (const line of text.split('\n').map((each) => each.trim().replace(/\s+/g, ' '))) {
      if (line === '') continue
      const belongs = line.startsWith('~ ')
      const pattern = belongs ? line.slice(2) : line
      if (belongs && isUnordered) items.at(-1)?.push(pattern)
      else items.push(line === '...' ? GAP : [pattern])
      isUnordered = belongs
    }
    this.#items = items
  }

  /** What a reader needs who wants to know how the two differ; null when they do not. */
  difference(told: readonly ToldLine[]): string | null {
    const match = new Match(
      this.#items,
      told.map(({ who, what }) => `${who} ${what}`),
    )
    if (match.isWhole) return null
    const shown = told.map(
      ({ who, what }, i) => `${i === match.reached ? '> ' : '  '}${who}  ${what}`,
    )
    if (match.reached === told.length) shown.push('> (the end)')
    return [`expected at ">": ${match.wanted}`, ...shown].join('\n')
  }
}

/** Tries all ways in which the lines can be what was expected. */
class Match {
  readonly isWhole: boolean
  /** How far the best attempt came in the lines, and what it wanted there. */
  reached = 0
  wanted = 'nothing more'
  readonly #items: readonly (Block | typeof GAP)[]
  readonly #lines: readonly string[]

  constructor(items: readonly (Block | typeof GAP)[], lines: readonly string[]) {
    this.#items = items
    this.#lines = lines
    this.isWhole = this.#item(0, 0)
  }

  #item(item: number, at: number): boolean {
    const whole = this.#items[item]
    return this.#from(item, whole === undefined ? [] : whole, at)
  }

  /** `left`: what is not found yet of the item. */
  #from(item: number, left: Block | typeof GAP, at: number): boolean {
    if (left?.length === 0) {
      if (item < this.#items.length) return this.#item(item + 1, at)
      if (at === this.#lines.length) return true
    }
    const line = this.#lines[at]
    if (left === GAP) {
      if (this.#from(item, [], at)) return true
      return line !== undefined && this.#from(item, left, at + 1)
    }
    if (at >= this.reached) [this.reached, this.wanted] = [at, left[0] ?? 'nothing more']
    if (line === undefined) return false
    const found = left.findIndex((pattern) => matches(pattern, line))
    if (
      found >= 0 &&
      this.#from(
        item,
        left.filter((_, i) => i !== found),
        at + 1,
      )
    )
      return true
    return optional.test(line) && this.#from(item, left, at + 1)
  }
}

function matches(pattern: string, line: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === line
  if (!line.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = line.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return line.length - last.length >= at && line.endsWith(last)
}

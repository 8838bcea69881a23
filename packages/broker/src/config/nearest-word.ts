/** Words longer than this are not compared: nobody mistypes them, and the table stays small. */
const WORD_MAX = 64

/** Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to`. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      )
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (row > 1 && column > 1 && swapped) {
        best = Math.min(best, at(beforePrevious, column - 2) + 1)
      }
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}

/**
 * The valid word that was most likely meant, or undefined when none is close: at most a third of
 * the letters differ, at least one may. Case is ignored.
 */
export function nearestWord(word: string, valid: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > WORD_MAX) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of valid) {
    if (candidate.length > WORD_MAX) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `; did you mean "sync"?`, or nothing when no word is close. */
export function didYouMean(word: string, valid: Iterable<string>): string {
  const nearest = nearestWord(word, valid)
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`
}

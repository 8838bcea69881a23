/** Lines and columns of a text, both from 1, as editors count them. */
export class TextPositions {
  readonly #file: string
  readonly #lineStarts: number[] = [0]

  constructor(file: string, text: string) {
    this.#file = file
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1)
    }
  }

  /** `file:line:column` of an offset. */
  where(offset: number): string {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return `${this.#file}:${low + 1}:${offset - (this.#lineStarts[low] ?? 0) + 1}`
  }
}

import type { HistoryEvent } from './events.ts'

/** One event a line, as JSON. */
export function toLines(events: readonly HistoryEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}

export function fromLines(text: string): HistoryEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HistoryEvent)
}

/** Histories of several recorders on the same clock as one; of one time, in the given order. */
export function merged(histories: readonly (readonly HistoryEvent[])[]): HistoryEvent[] {
  return histories.flat().sort((a, b) => a.atMs - b.atMs)
}

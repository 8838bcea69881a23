import type { Elected } from '../events.ts'
import type { HistoryIndex } from '../history-index.ts'
import type { Violation } from '../violation.ts'

/** C9: nobody leads in an epoch in which another node leads or led. */
export function checkLeaders({ events }: HistoryIndex): Violation[] {
  const violations: Violation[] = []
  const leaders = new Map<number, Elected>()
  for (const event of events) {
    if (event.kind !== 'elected') continue
    const other = leaders.get(event.epoch) ?? event
    leaders.set(event.epoch, other)
    if (other.node === event.node) continue
    const line = `epoch ${event.epoch} has two leaders: ${other.node} and ${event.node}`
    violations.push({ check: 'C9', about: [], line, events: [other, event] })
  }
  return violations
}

import fc from 'fast-check'
import type { HistoryEvent } from '../../support/history/events.ts'
import { ModelBroker, stepNames } from './model-broker.ts'

/** Histories of a broker that does everything right, drained at their end. */
export function soundHistories(
  steps: { readonly min: number; readonly max: number } = { min: 0, max: 120 },
): fc.Arbitrary<HistoryEvent[]> {
  const step = fc.record({
    does: fc.constantFrom(...stepNames),
    who: fc.nat(59),
    luck: fc.nat(419),
  })
  return fc.array(step, { minLength: steps.min, maxLength: steps.max, size: 'max' }).map((all) => {
    const broker = new ModelBroker()
    for (const one of all) broker.step(one)
    broker.drain()
    return broker.events
  })
}

import type * as ev from './events.ts'
import type { Operation } from './history-index.ts'

/** One life of a durable subscription; positions in the history. */
export interface SubscriptionPeriod {
  readonly subscription: ev.SubscriptionName
  readonly destination: ev.DestinationName
  /** Before this it was not there. */
  readonly notBefore: number
  /** From this on it was there for certain; Infinity when nobody confirmed it. */
  surelyFrom: number
  /** Until this it was there for certain: somebody began to remove it then. */
  surelyUntil: number
  /** Whether the removal was confirmed. */
  isRemoved: boolean
}

/** Subscribing again to what is there changes nothing; periods are in the order they began. */
export function subscriptionPeriods(operations: readonly Operation[]): SubscriptionPeriod[] {
  const periods: SubscriptionPeriod[] = []
  const current = new Map<ev.SubscriptionName, SubscriptionPeriod>()
  for (const { call, at, outcome, endAt } of operations) {
    if (call.type === 'subscribe' && outcome !== 'fail') {
      const { subscription, destination } = call
      const certain = outcome === 'ok' ? endAt : Infinity
      const period = current.get(subscription)
      if (period !== undefined && period.surelyUntil === Infinity) {
        period.surelyFrom = Math.min(period.surelyFrom, certain)
        continue
      }
      // When nobody knows whether it was removed, what it kept may still come.
      const notBefore = period?.isRemoved === false ? period.notBefore : at
      const begun = { subscription, destination, notBefore, surelyFrom: certain }
      periods.push({ ...begun, surelyUntil: Infinity, isRemoved: false })
      current.set(subscription, periods.at(-1) as SubscriptionPeriod)
    } else if (call.type === 'unsubscribe' && outcome !== 'fail') {
      const period = current.get(call.subscription)
      if (period === undefined) continue
      period.surelyUntil = Math.min(period.surelyUntil, at)
      period.isRemoved ||= outcome === 'ok'
    }
  }
  return periods
}

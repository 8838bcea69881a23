import type * as ev from '../../support/history/events.ts'
import { replaced } from './corruptions.ts'
import type { Corruption, Sound } from './corruptions.ts'

interface Again {
  readonly event: ev.Dispatched
  /** Deliveries by the same leader that a consumer told of, and by all others. */
  readonly sameLeaders: number
  readonly others: number
  /** Where it was handed out before as one that had been so twice at least; -1 when it was not. */
  readonly counted: number
}

/** Dispatches, each with how often consumers had had the message before. */
function dispatches({ events }: Sound): Again[] {
  const earlier: { readonly event: ev.Dispatched; isSeen: boolean }[] = []
  const found: Again[] = []
  for (const [at, event] of events.entries()) {
    if (event.kind === 'receive') {
      const { consumer, message } = event
      const last = earlier.findLast(
        ({ event: one }) => one.consumer === consumer && one.message === message,
      )
      if (last !== undefined) last.isSeen = true
    } else if (event.kind === 'dispatched') {
      const before = earlier.filter(
        ({ event: one, isSeen }) =>
          isSeen && one.message === event.message && one.destination.startsWith('queue:'),
      )
      const same = before.filter(({ event: { epoch } }) => epoch === event.epoch)
      const sameLeaders = same.length
      const counted = events.findLastIndex(
        (one, i) =>
          i < at &&
          one.kind === 'dispatched' &&
          one.message === event.message &&
          one.destination.startsWith('queue:') &&
          one.redeliveries > 1,
      )
      found.push({ event, sameLeaders, others: before.length - sameLeaders, counted })
      earlier.push({ event, isSeen: false })
    }
  }
  return found
}

function recounted(
  sound: Sound,
  victims: readonly Again[],
  redeliveries: (victim: ev.Dispatched) => number,
): ev.HistoryEvent[] | null {
  const victim = sound.pick(victims)?.event
  if (victim === undefined) return null
  return replaced(sound, victim, { ...victim, redeliveries: redeliveries(victim) })
}

/** What can be wrong with the counts of earlier deliveries. */
export const countCorruptions: readonly Corruption[] = [
  {
    title: 'a first delivery that counts one which nobody had',
    check: 'C12',
    of: (sound) => {
      const fresh = dispatches(sound).filter(
        ({ event }) => event.redeliveries === 0 && !event.isInherited,
      )
      return recounted(sound, fresh, () => 1)
    },
  },
  {
    title: 'a first delivery after a takeover that counts more than one',
    check: 'C12',
    of: (sound) => {
      const found = dispatches(sound).filter(({ event }) => event.isInherited)
      const first = found.filter(({ event }) => {
        const all = sound.events.filter(
          (one) => one.kind === 'dispatched' && one.message === event.message,
        )
        return all[0] === event
      })
      return recounted(sound, first, () => 2)
    },
  },
  {
    title: 'a count that grows faster than there are deliveries',
    check: 'C12',
    of: (sound) => {
      const again = dispatches(sound).filter(
        ({ event }) => event.redeliveries > 0 && !event.isInherited,
      )
      return recounted(sound, again, ({ redeliveries }) => redeliveries + 1)
    },
  },
  {
    title: 'a delivery that is not marked though a consumer of the same leader had it',
    check: 'C12',
    of: (sound) => {
      const again = dispatches(sound).filter(({ sameLeaders }) => sameLeaders > 0)
      return recounted(sound, again, () => 0)
    },
  },
  {
    title: 'a delivery that is marked, but for fewer than consumers of the same leader had',
    check: 'C12',
    of: (sound) => {
      const often = dispatches(sound).filter(({ sameLeaders }) => sameLeaders > 1)
      return recounted(sound, often, () => 1)
    },
  },
  {
    title: 'a count that is lost with a leader whose log had it',
    check: 'C12',
    of: (sound) => {
      const { events, index } = sound
      const found = dispatches(sound).filter(({ event, counted }) => {
        const at = events.indexOf(event)
        const takeover = events.findLastIndex((one, i) => i < at && one.kind === 'elected')
        const from = events.findLastIndex((one, i) => i < takeover && one.kind === 'elected')
        return index.operations.some(
          (op) =>
            op.call.type === 'send' &&
            op.call.tx === undefined &&
            op.outcome === 'ok' &&
            op.at > Math.max(from, counted) &&
            counted > from &&
            op.endAt < takeover,
        )
      })
      return recounted(sound, found, () => 1)
    },
  },
  {
    title: 'a delivery that is not marked though a consumer had it before the takeover',
    check: 'C12',
    of: (sound) => {
      const again = dispatches(sound).filter(({ others }) => others > 0)
      return recounted(sound, again, () => 0)
    },
  },
]

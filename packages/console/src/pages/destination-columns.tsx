import type { DestinationAnswer } from '../api/answers.ts'
import { ROW_HISTORY_SECONDS_MAX } from '../api/limits.ts'
import type { LivePicture } from '../api/live.ts'
import { bytesText, countText, rateText } from '../figures/format.ts'
import { latest, ratesOf } from '../figures/rates.ts'
import type { Say } from '../language/language.ts'
import type { Column } from '../parts/data-table.tsx'
import { Sparkline } from '../parts/sparkline.tsx'
import { addressOf } from './addresses.ts'

/** What the API sorts destinations by. */
export type DestinationSort = 'name' | 'pending' | 'consumers' | 'enqueued' | 'dequeued'

export interface DestinationRow {
  readonly facts: DestinationAnswer
  /** Of the last minute, each second. */
  readonly inRates: readonly number[]
  readonly outRates: readonly number[]
}

type DestinationColumn = Column<DestinationRow, DestinationSort>

/** A destination as the list has it, or as the stream has told it since. */
export function rowOf(listed: DestinationAnswer, live: LivePicture): DestinationRow {
  const history = live.histories.get(listed.destination) ?? []
  return {
    facts: live.destinations.get(listed.destination) ?? listed,
    inRates: ratesOf(history, ({ enqueued }) => enqueued),
    outRates: ratesOf(history, ({ dequeued }) => dequeued ?? 0),
  }
}

export function destinationColumns(say: Say, kind: 'queue' | 'topic'): DestinationColumn[] {
  const page = kind === 'queue' ? 'queues' : 'topics'
  const count = (
    key: 'pending' | 'inFlight' | 'consumers' | 'enqueued' | 'dequeued' | 'discarded',
    sort?: DestinationSort,
  ): DestinationColumn => ({
    key,
    title: say(`column.${key}`),
    isNumber: true,
    ...(sort === undefined ? {} : { sort }),
    cell: ({ facts }) => countText(facts[key] ?? 0),
  })
  const name: DestinationColumn = {
    key: 'name',
    title: say('column.name'),
    sort: 'name',
    cell: ({ facts }) => <a href={addressOf(page, facts.name)}>{facts.name}</a>,
  }
  const inRate: DestinationColumn = {
    key: 'inRate',
    title: say('column.inRate'),
    isNumber: true,
    cell: ({ inRates }) => rateText(latest(inRates)),
  }
  const outRate: DestinationColumn = {
    ...inRate,
    key: 'outRate',
    title: say('column.outRate'),
    cell: ({ outRates }) => rateText(latest(outRates)),
  }
  const course: DestinationColumn = {
    key: 'course',
    title: say('list.rate'),
    cell: ({ inRates }) => <Sparkline values={inRates} span={ROW_HISTORY_SECONDS_MAX} tone="in" />,
  }
  if (kind === 'topic') {
    const durables: DestinationColumn = {
      key: 'durables',
      title: say('column.durables'),
      isNumber: true,
      cell: ({ facts }) => countText(facts.durableSubscriptions ?? 0),
    }
    const counts = [count('consumers', 'consumers'), durables, count('enqueued', 'enqueued')]
    return [name, ...counts, count('discarded'), inRate, course]
  }
  const size: DestinationColumn = {
    key: 'size',
    title: say('column.size'),
    isNumber: true,
    cell: ({ facts }) => bytesText(facts.pendingBytes ?? 0),
  }
  return [
    name,
    count('pending', 'pending'),
    size,
    count('inFlight'),
    count('consumers', 'consumers'),
    count('enqueued', 'enqueued'),
    count('dequeued', 'dequeued'),
    ...[inRate, outRate, course],
  ]
}

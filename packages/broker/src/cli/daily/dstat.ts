import { countIn, shownValue, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import { walkDestinations } from '../api/destinations.ts'
import { EXIT_OK } from '../exit-code.ts'
import { formatTable } from '../text-table.ts'
import type { Column } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { memoryPercent } from './jmx-attributes.ts'

export interface DstatRequest {
  /** Both kinds without it. */
  readonly kind?: 'queue' | 'topic'
  readonly filter?: string | undefined
  readonly sort: string
}

/** ActiveMQ's columns in its order, so that scripts which count them find what they look for. */
const columns: readonly Column[] = [
  { title: 'Name' },
  ...['Queue Size', 'Producer #', 'Consumer #', 'Enqueue #', 'Dequeue #'].map(toTheRight),
  ...['Forward #', 'Memory %', 'Inflight #'].map(toTheRight),
]

function toTheRight(title: string): Column {
  return { title, align: 'right' }
}

/** Producers and forwarded messages are not counted: a dash. */
function rowOf(item: ApiObject, name: string): string[] {
  const figure = (field: string): string => shownValue(countIn(item, field))
  const before = [name, figure('pending'), '-', figure('consumers')]
  const after = ['-', shownValue(memoryPercent(item)), figure('inFlight')]
  return [...before, figure('enqueued'), figure('dequeued'), ...after]
}

/** The figures of destinations, one line each. */
export async function dstat(
  { kind, filter, sort }: DstatRequest,
  { api, terminal, json }: Work,
): Promise<number> {
  const order = sort === 'name' ? 'ascending' : 'descending'
  const all = await walkDestinations(api, {
    filter,
    sort,
    order,
    ...(kind === undefined ? {} : { kind }),
  })
  if (json) {
    printJson(terminal, { destinations: all })
    return EXIT_OK
  }
  const nameField = kind === undefined ? 'destination' : 'name'
  const rows = all.map((item) => rowOf(item, textIn(item, nameField)).map((text) => ({ text })))
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  terminal.out(`${formatTable(columns, rows, { columnsMax }).join('\n')}\n`)
  return EXIT_OK
}

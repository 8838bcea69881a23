import type { ApiObject } from '../api/api-values.ts'
import { countIn, shownValue, textIn } from '../api/api-values.ts'
import { destinationPath, queueNamed, walkDestinations, walkPages } from '../api/destinations.ts'
import { EXIT_OK } from '../exit-code.ts'
import { counted } from '../shown-bytes.ts'
import { formatTable, printable } from '../text-table.ts'
import type { Column } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { attributeLines } from './attribute-lines.ts'
import { isConfirmed } from './confirmation.ts'

export interface QueueListRequest {
  readonly filter?: string | undefined
  readonly sort: string
  readonly limit?: number | undefined
}

const figures = ['pending', 'inFlight', 'consumers', 'enqueued', 'dequeued'] as const

const columns: readonly Column[] = [
  { title: 'QUEUE' },
  ...['PENDING', 'IN FLIGHT', 'CONSUMERS', 'ENQUEUED', 'DEQUEUED'].map((title): Column => ({
    title,
    align: 'right',
  })),
]

export async function queueList(request: QueueListRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const order = request.sort === 'name' ? 'ascending' : 'descending'
  const queues = await walkDestinations(api, { ...request, kind: 'queue', order })
  if (json) {
    printJson(terminal, { queues })
    return EXIT_OK
  }
  const rows = queues.map((queue) => [
    { text: textIn(queue, 'name') },
    ...figures.map((name) => ({ text: shownValue(countIn(queue, name)) })),
  ])
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  terminal.out(`${formatTable(columns, rows, { columnsMax }).join('\n')}\n`)
  return EXIT_OK
}

/** One queue with all its figures, and who consumes from it. */
export async function queueShow(name: string, { api, terminal, json }: Work): Promise<number> {
  const path = destinationPath(queueNamed(name))
  const queue = await api.get(path)
  const consumers = await walkPages(api, `${path}/consumers`)
  if (json) printJson(terminal, { ...queue, consumersOfIt: consumers })
  else {
    const lines = [...attributeLines(queue), ...consumers.map(consumerLine)]
    terminal.out(`${lines.join('\n')}\n`)
  }
  return EXIT_OK
}

function consumerLine(consumer: ApiObject): string {
  const { consumerId, clientId, prefetch, inFlight } = consumer
  const id = shownValue(clientId === '' ? consumerId : clientId)
  return printable(
    `consumer ${id}: prefetch ${shownValue(prefetch)}, in flight ${shownValue(inFlight)}`,
  )
}

export async function queueCreate(name: string, { api, terminal, json }: Work): Promise<number> {
  const queue = await api.change('PUT', destinationPath(queueNamed(name)), {})
  if (json) printJson(terminal, queue)
  else terminal.out(`${printable(textIn(queue, 'destination'))} is there\n`)
  return EXIT_OK
}

export async function queueDelete(
  { name, yes }: { readonly name: string; readonly yes: boolean },
  { api, terminal, json }: Work,
): Promise<number> {
  const path = destinationPath(queueNamed(name))
  const queue = await api.get(path)
  const destination = printable(textIn(queue, 'destination'))
  const messages = counted(countIn(queue, 'pending') ?? 0, 'message')
  const question = `Delete ${destination} with ${messages}?`
  if (!(await isConfirmed(terminal, question, yes))) return EXIT_OK
  await api.change('DELETE', path)
  if (json) printJson(terminal, { deleted: queue.destination })
  else terminal.out(`${destination} is deleted\n`)
  return EXIT_OK
}

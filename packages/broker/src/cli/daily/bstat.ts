import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../../config/nearest-word.ts'
import { countIn, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import { walkDestinations } from '../api/destinations.ts'
import { EXIT_OK } from '../exit-code.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { attributeLines } from './attribute-lines.ts'
import { nodeAttributes } from './jmx-attributes.ts'
import type { Attributes } from './jmx-attributes.ts'

function total(items: readonly ApiObject[], field: string): number {
  return items.reduce((sum, item) => sum + (countIn(item, field) ?? 0), 0)
}

/** What the node that serves clients says of itself and of all its destinations. */
export async function brokerAttributes({ api }: Pick<Work, 'api'>): Promise<Attributes> {
  // The leader is found by asking for what only it has; then its status is asked for.
  const destinations = await walkDestinations(api)
  const status = await api.get('/api/v1/status')
  const queues = destinations.filter(({ kind }) => kind === 'queue')
  return {
    ...nodeAttributes(status),
    TotalQueuesCount: queues.length,
    TotalTopicsCount: destinations.filter(({ kind }) => kind === 'topic').length,
    TotalEnqueueCount: total(destinations, 'enqueued'),
    TotalDequeueCount: total(destinations, 'dequeued'),
  }
}

/** The figures of the broker; `name` is that of the cluster, or of the node that leads. */
export async function bstat(name: string | undefined, work: Work): Promise<number> {
  const attributes = await brokerAttributes(work)
  const names = [textIn(attributes, 'BrokerName'), textIn(attributes, 'BrokerId')]
  if (name !== undefined && !names.includes(name)) {
    const message = `no broker ${name} serves clients: it is ${names.join(', ')}`
    throw new BrokerError('INVALID_DESTINATION', message + didYouMean(name, names))
  }
  if (work.json) printJson(work.terminal, attributes)
  else work.terminal.out(`${attributeLines(attributes).join('\n')}\n`)
  return EXIT_OK
}

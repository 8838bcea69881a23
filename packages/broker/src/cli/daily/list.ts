import { objectsIn, shownValue, textIn } from '../api/api-values.ts'
import { EXIT_OK } from '../exit-code.ts'
import { formatTable } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'

const columns = [{ title: 'BROKER' }, { title: 'NODE' }, { title: 'LEADS' }, { title: 'URL' }]

/** The brokers of the cluster, as the one that is asked knows them. */
export async function list({ api, terminal, json }: Work): Promise<number> {
  const { brokerName } = await api.get('/api/v1/cluster')
  const brokers = objectsIn(await api.get('/api/v1/brokers'), 'items')
  if (json) {
    printJson(terminal, { brokerName, brokers })
    return EXIT_OK
  }
  const rows = brokers.map((broker) => [
    { text: shownValue(brokerName) },
    { text: textIn(broker, 'nodeId') },
    { text: broker.leads === true ? 'yes' : 'no' },
    { text: shownValue(broker.consoleUrl) },
  ])
  terminal.out(`${formatTable(columns, rows, { columnsMax: Infinity }).join('\n')}\n`)
  return EXIT_OK
}

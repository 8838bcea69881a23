import { BrokerError } from '@quorate/core/base/errors'
import { countIn, listIn, objectsIn, shownValue, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import { gatherCluster } from '../cluster-picture.ts'
import type { NodePicture } from '../cluster-picture.ts'
import { EXIT_OK } from '../exit-code.ts'
import { formatTable, printable } from '../text-table.ts'
import type { Column } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'

const STATUS_WITHIN_MS = 2000

const memberColumns: readonly Column[] = [
  { title: 'NODE' },
  { title: 'SEAT' },
  { title: 'ROLE' },
  { title: 'EPOCH', align: 'right' },
  { title: 'COMMITTED', align: 'right' },
  { title: 'URL' },
]

interface Member {
  readonly nodeId: string
  readonly hasSeat: boolean
  readonly consoleUrl: string | null
  readonly picture: NodePicture | undefined
}

/** Who belongs to the cluster as one node knows it, and what each of them says of itself. */
export async function clusterMembers({ api, terminal, json }: Work): Promise<number> {
  const cluster = await api.get('/api/v1/cluster')
  const brokers = objectsIn(await api.get('/api/v1/brokers'), 'items')
  const known = brokers.flatMap(({ consoleUrl }) =>
    typeof consoleUrl === 'string' ? [consoleUrl] : [],
  )
  const pictures = await gatherCluster([...new Set([...api.urls, ...known])], STATUS_WITHIN_MS)
  const members = brokers.map((broker): Member => {
    const nodeId = textIn(broker, 'nodeId')
    const consoleUrl = typeof broker.consoleUrl === 'string' ? broker.consoleUrl : null
    const picture = pictures.find(
      (each) => each.nodeId === nodeId || each.consoleUrl === consoleUrl,
    )
    return { nodeId, consoleUrl, hasSeat: broker.hasSeat === true, picture }
  })
  if (json) {
    printJson(terminal, { cluster, members: members.map(memberJson) })
    return EXIT_OK
  }
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  const rows = members.map((member) => memberRow(member).map((text) => ({ text })))
  const table = formatTable(memberColumns, rows, { columnsMax })
  terminal.out(`${summary(cluster)}\n\n${table.join('\n')}\n`)
  return EXIT_OK
}

function memberJson({ nodeId, hasSeat, consoleUrl, picture }: Member): object {
  const { status = null, problem = 'its address is not known' } = picture ?? {}
  return { nodeId, hasSeat, consoleUrl, problem, status }
}

function memberRow({ nodeId, hasSeat, consoleUrl, picture }: Member): string[] {
  const status = picture?.status
  const seat = hasSeat ? 'yes' : 'no'
  const url = consoleUrl ?? '-'
  if (status == null) return [nodeId, seat, picture?.problem ?? 'not known', '', '', url]
  const { role, epoch, log } = status
  return [nodeId, seat, role, String(epoch), shownValue(log.committedIndex), url]
}

function summary(cluster: ApiObject): string {
  const seats = listIn(cluster, 'seats')
  const parts = [
    `cluster ${shownValue(cluster.brokerName)}`,
    cluster.leader === null ? 'no leader' : `leader ${shownValue(cluster.leader)}`,
    `epoch ${shownValue(cluster.epoch)}`,
    `quorum ${shownValue(cluster.quorum)} of ${seats.length}`,
    ...margin(cluster),
  ]
  return printable(parts.join(' · '))
}

/** Nothing where the node does not know, because another one leads. */
function margin(cluster: ApiObject): string[] {
  const inStep = countIn(cluster, 'inStep')
  const mayFail = countIn(cluster, 'mayFail')
  if (inStep === null) return []
  if (mayFail === null) return [`only ${inStep} in step: no quorum`]
  return [mayFail === 0 ? 'none may fail' : `${mayFail} may fail`]
}

const electionColumns: readonly Column[] = [
  { title: 'EPOCH', align: 'right' },
  { title: 'LEADER' },
  { title: 'CAUSE' },
  { title: 'NOTICED' },
  { title: 'SERVING' },
  { title: 'TOOK', align: 'right' },
]

/** The elections that a node remembers, oldest first. */
export async function clusterElections({ api, terminal, json }: Work): Promise<number> {
  let answer: ApiObject
  try {
    answer = await api.get('/api/v1/cluster/elections')
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'UNSUPPORTED') throw error
    throw new BrokerError('UNSUPPORTED', 'this broker does not tell of elections yet', {
      cause: error,
    })
  }
  const elections = objectsIn(answer, 'elections')
  if (json) {
    printJson(terminal, { elections })
    return EXIT_OK
  }
  const rows = elections.map((one) => electionRow(one).map((text) => ({ text })))
  terminal.out(`${formatTable(electionColumns, rows, { columnsMax: Infinity }).join('\n')}\n`)
  return EXIT_OK
}

function electionRow(election: ApiObject): string[] {
  const took = countIn(election, 'durationMs')
  return [
    shownValue(countIn(election, 'epoch')),
    shownValue(election.leader),
    textIn(election, 'cause'),
    textIn(election, 'noticedAt'),
    shownValue(election.servingAt),
    took === null ? '-' : `${took} ms`,
  ]
}

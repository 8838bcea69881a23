import type { BrokerOptions } from '../../config/broker-options.ts'
import { isWildcard } from '../../config/host-port.ts'
import { shownBytes } from '../shown-bytes.ts'
import { failed, ok, warning } from './check.ts'
import type { About, Check } from './check.ts'
import { listenPortsOf } from './examined-node.ts'
import type { ExaminedNode } from './examined-node.ts'

/** A setting that the brokers of a cluster have in common. */
interface Common {
  readonly topic: string
  readonly valueOf: (node: ExaminedNode) => string
  readonly isSecret?: boolean
  /** They are a cluster all the same: each goes by its own. */
  readonly mayDiffer?: boolean
}

const commons: readonly Common[] = [
  { topic: 'brokerName', valueOf: ({ options }) => options.brokerName },
  { topic: 'replicas', valueOf: ({ options }) => String(options.replication.replicas) },
  { topic: 'zkAddress', valueOf: ({ options }) => sorted(options.coordination.zkAddress) },
  { topic: 'zkPath', valueOf: ({ options }) => options.coordination.zkPath },
  {
    topic: 'securityToken',
    valueOf: ({ options }) => options.replication.securityToken,
    isSecret: true,
  },
  {
    topic: 'storeLimit',
    valueOf: ({ options }) => shownLimit(options.store),
    mayDiffer: true,
  },
  {
    topic: 'logSize',
    valueOf: ({ options }) => shownBytes(options.replication.logSizeBytes),
    mayDiffer: true,
  },
  { topic: 'sync', valueOf: ({ options }) => options.replication.sync.words, mayDiffer: true },
]

/** A share is one of each broker's own disk, which are compared elsewhere. */
function shownLimit({ limitBytes, limitPercent }: BrokerOptions['store']): string {
  return limitPercent === null ? shownBytes(limitBytes) : `${limitPercent}% of the disk`
}

function sorted(zkAddress: string): string {
  const [hosts = '', ...path] = zkAddress.split('/')
  return [hosts.split(',').sort().join(','), ...path].join('/')
}

/** Whether these configurations can form one cluster. Nothing to say of a single one. */
export function checkAgreement(nodes: readonly ExaminedNode[]): Check[] {
  if (nodes.length < 2) return []
  return [
    ...commons.map((common) => checkCommon(common, nodes)),
    checkDistinct('nodeId', nodes, ({ options }) => options.nodeId),
    checkDistinct(
      'replication address',
      nodes,
      ({ options }) => options.replication.advertisedAddress,
    ),
    checkDistinct('directory', localOf(nodes), ({ options }) => options.dataDirectory),
    checkPorts(localOf(nodes)),
    ...checkCount(nodes),
  ]
}

function localOf(nodes: readonly ExaminedNode[]): readonly ExaminedNode[] {
  return nodes.filter(({ isLocal }) => isLocal)
}

function checkCommon(common: Common, nodes: readonly ExaminedNode[]): Check {
  const { topic, valueOf, isSecret = false, mayDiffer = false } = common
  const about: About = { subject: '', topic }
  const values = nodes.map((node) => ({ source: node.source, value: valueOf(node) }))
  const [first] = values
  if (values.every(({ value }) => value === first?.value)) {
    const shown = isSecret ? 'the same' : `"${first?.value}"`
    return ok(about, `${shown} in all ${nodes.length}`)
  }
  const each = values.map(({ source, value }) => `${source} "${value}"`).join(', ')
  const judge = mayDiffer ? warning : failed
  const message = isSecret ? 'differs' : `differs: ${each}`
  return judge(about, message, 'give all brokers of the cluster the same')
}

function checkDistinct(
  topic: string,
  nodes: readonly ExaminedNode[],
  valueOf: (node: ExaminedNode) => string,
): Check {
  const about: About = { subject: '', topic }
  const users = new Map<string, string[]>()
  for (const node of nodes) {
    const value = valueOf(node)
    users.set(value, [...(users.get(value) ?? []), node.source])
  }
  const clash = [...users].find(([, sources]) => sources.length > 1)
  if (clash === undefined) return ok(about, 'different in all')
  const [value, sources] = clash
  return failed(
    about,
    `"${value}" is that of ${sources.join(' and ')}`,
    'each needs one of its own',
  )
}

function checkPorts(nodes: readonly ExaminedNode[]): Check {
  const about: About = { subject: '', topic: 'ports' }
  const ports = nodes.flatMap((node) =>
    listenPortsOf(node).map((port) => ({ ...port, source: node.source })),
  )
  for (const [at, one] of ports.entries()) {
    const other = ports
      .slice(0, at)
      .find(
        ({ host, port, source }) =>
          port === one.port &&
          source !== one.source &&
          (host === one.host || isWildcard(host) || isWildcard(one.host)),
      )
    if (other === undefined) continue
    const users = `${other.source} (${other.setting}) and ${one.source} (${one.setting})`
    return failed(about, `port ${one.port} is that of ${users}`, 'each needs one of its own')
  }
  return ok(about, 'different in all')
}

function checkCount(nodes: readonly ExaminedNode[]): Check[] {
  const replicas = nodes[0]?.options.replication.replicas ?? 0
  if (nodes.length <= replicas) return []
  const message = `${nodes.length} configurations, but replicas is ${replicas}`
  return [
    warning({ subject: '', topic: 'seats' }, message, 'the others only learn, and never vote'),
  ]
}

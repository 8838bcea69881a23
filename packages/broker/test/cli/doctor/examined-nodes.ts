import { loadBrokerOptions } from '../../../src/config/load.ts'
import type { ExaminedNode } from '../../../src/cli/doctor/examined-node.ts'

/** A broker of this machine with these settings, as flags give them. */
export function examinedNode(
  nodeId: string,
  flags: Readonly<Record<string, string>> = {},
): ExaminedNode {
  const { options } = loadBrokerOptions({
    flags: { nodeId, brokerName: 'orders', replicas: '3', hostname: nodeId, ...flags },
    folder: `/srv/${nodeId}`,
  })
  return { source: `${nodeId}.xml`, options, isLocal: false }
}

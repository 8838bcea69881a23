import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { settingNames, variableOf } from '../../config/broker-settings.ts'
import { loadBrokerOptions } from '../../config/load.ts'
import { parseTransportUri } from '../../config/host-port.ts'
import { listNodeFolders, shownPath } from '../node-folder.ts'
import { writtenByUp } from './cluster-plan.ts'
import type { PlannedNode } from './cluster-plan.ts'

/** How many brokers the cluster in this folder has; undefined when there is none yet. */
export function replicasOf(data: string): number | undefined {
  const count = listNodeFolders(data).filter((name) => /^node\d\d$/.test(name)).length
  return count === 0 ? undefined : count
}

/** The size of a cluster is fixed by its first start; asking for another is a mistake. */
export function agreeOnReplicas(data: string, asked: number | undefined): number {
  if (asked !== undefined && ![1, 3, 5].includes(asked)) {
    throw new BrokerError('CONFIG_INVALID', `--replicas: "${asked}" is none of 1, 3, 5`)
  }
  const existing = replicasOf(data)
  if (existing !== undefined && asked !== undefined && existing !== asked) {
    throw new BrokerError(
      'CONFIG_INVALID',
      `--replicas: ${shownPath(data)} holds a cluster of ${existing}; another --data may be one of ${asked}`,
    )
  }
  return asked ?? existing ?? 3
}

/** Writes a node's configuration unless the user made it his own. Returns whether it is ours. */
export function writeConfig({ configPath, config }: PlannedNode): boolean {
  if (existsSync(configPath) && !readFileSync(configPath, 'utf8').startsWith(writtenByUp)) {
    return false
  }
  mkdirSync(dirname(configPath), { recursive: true })
  writeFileSync(configPath, config)
  return true
}

/** Our variables without those that would override what makes the nodes different. */
export function environmentOfNodes(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const shared = new Set(['logLevel', 'logFormat', 'securityToken', 'zkPassword'])
  const own = new Set(settingNames.filter((name) => !shared.has(name)).map(variableOf))
  const kept = Object.entries(environment).filter(([name]) => !own.has(name))
  // Their logs are files for people, not streams for machines, unless somebody wants it so.
  return { [variableOf('logFormat')]: 'text', ...Object.fromEntries(kept) }
}

/**
 * A node with the ports that its configuration names. Throws CONFIG_INVALID, before anything runs,
 * for what the broker would refuse.
 */
export function asWritten(node: PlannedNode, environment: NodeJS.ProcessEnv): PlannedNode {
  const { options } = loadBrokerOptions({ file: node.configPath, environment })
  const clientUri = options.transportConnectors[0]?.uri ?? ''
  return {
    ...node,
    clientPort: parseTransportUri(clientUri)?.port ?? node.clientPort,
    replicationPort: parseTransportUri(options.replication.bind)?.port ?? node.replicationPort,
    consolePort: options.management.port,
  }
}

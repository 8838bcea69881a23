import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { settingSchema, variableOf } from '../../config/broker-settings.ts'
import type { SettingName } from '../../config/broker-settings.ts'
import { loadBrokerOptions } from '../../config/load.ts'
import { parseValue } from '../../config/setting-value.ts'
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
  if (asked !== undefined) {
    parseValue('--replicas', { text: `${asked}`, schema: settingSchema('replicas') }, (message) => {
      throw new BrokerError('CONFIG_INVALID', message)
    })
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

/** Addresses of one broker, which `up` leaves to follow from what it plans. */
const addressesOfOne: readonly SettingName[] = ['hostname', 'connectUrl']

/** What the brokers of a cluster are given of our environment. */
export interface NodesEnvironment {
  readonly environment: NodeJS.ProcessEnv
  /** Variables that somebody has set and that were left out. */
  readonly leftOut: readonly string[]
}

/**
 * The environment without the variables that would override what `up` plans for each broker. Every
 * other setting is handed on, whatever settings there may be one day.
 */
export function environmentOfNodes(
  environment: NodeJS.ProcessEnv,
  nodes: readonly Pick<PlannedNode, 'planned'>[],
): NodesEnvironment {
  const names = [...addressesOfOne, ...nodes.flatMap(({ planned }) => planned)]
  const own = new Set(names.map(variableOf))
  const kept = Object.entries(environment).filter(([name]) => !own.has(name))
  return {
    // Their logs are files for people, not streams for machines, unless somebody wants it so.
    environment: { [variableOf('logFormat')]: 'text', ...Object.fromEntries(kept) },
    leftOut: [...own].filter((name) => environment[name] !== undefined),
  }
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

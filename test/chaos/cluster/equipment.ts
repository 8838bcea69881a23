import type { BrokerNode, NodeSettings } from '../../support/broker-node.ts'

/**
 * What the brokers of a cluster are fitted out with, so that a family of faults can strike. Cells
 * with the same equipment may follow each other on one cluster.
 */
export interface Equipment {
  readonly name: EquipmentName
  readonly settings: NodeSettings
  /** Of this broker's process, from its next start on. */
  environmentOf(broker: string): Readonly<Record<string, string>>
  /** Before the first start. */
  prepare(node: BrokerNode): Promise<void>
  /** Undoes whatever this equipment did to the brokers; they may run or not. */
  restore(): Promise<void>
  /** At the end; the brokers are stopped. */
  dispose(): Promise<void>
}

export type EquipmentName = 'plain' | 'wall clocks' | 'small disks' | 'forgetful disks'

/** Nothing but the broker. */
export const plainEquipment: Equipment = {
  name: 'plain',
  settings: {},
  environmentOf: () => ({}),
  prepare: () => Promise.resolve(),
  restore: () => Promise.resolve(),
  dispose: () => Promise.resolve(),
}

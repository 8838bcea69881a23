import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { EquipmentName } from '../cluster/equipment.ts'

/** One thing that goes wrong, several times in a cell, under load. */
export interface Fault {
  /** A sentence for people. */
  readonly describe: string
  /** What it may legitimately cost, as a sentence; never a confirmed message. */
  readonly mayCost: string
  readonly equipment: EquipmentName
  /** From the strike to the beginning of the heal. */
  readonly holdMs: number
  /**
   * 'continues' when a quorum and the clients still reach each other, so that the service is back
   * after a failover; 'may stop' when it need not be there before the heal.
   */
  readonly service: 'continues' | 'may stop'
  strike(cluster: ChaosCluster): Promise<Strike>
}

export interface Strike {
  /** Brokers and servers that it hit. */
  readonly targets: readonly string[]
  /** What was done, for the timeline: 'b2 (leader) killed'. */
  readonly what: string
  /** Takes back what was done. Brokers may need a moment more to be in step again. */
  heal(): Promise<void>
}

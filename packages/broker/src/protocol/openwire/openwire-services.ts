import type { Clock } from '@quorate/core/base/clock'
import type { Log } from '@quorate/core/base/log'
import type { BrokerId } from '@quorate/core/openwire/commands'
import type { EngineApi } from '../../engine/client.ts'
import type { Advisories } from './advisory.ts'
import type { LargeFrameBudget } from './large-frame-budget.ts'

/** What all connections of an adapter share. */
export interface OpenWireServices {
  readonly engine: EngineApi
  readonly brokerName: string
  readonly brokerId: BrokerId
  readonly clock: Clock
  readonly log: Log
  readonly advisories: Advisories
  readonly largeFrames: LargeFrameBudget
  /** Client addresses of all brokers of the cluster, as clients are told them; they change. */
  clusterUris: readonly string[]
}

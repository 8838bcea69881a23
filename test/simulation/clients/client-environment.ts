import type { Clock } from '@quorate/core/base/clock'
import type { Network, NetworkAddress } from '@quorate/core/transport/network'
import type { HistoryEvent } from '../../support/history/events.ts'
import type { Chance } from '../world/chance.ts'

/**
 * All that a client has of the world around it: time, chance, the network, somebody who listens.
 */
export interface ClientEnvironment {
  readonly network: Network
  readonly clock: Clock
  readonly chance: Chance
  /** Where brokers may serve, in any order. */
  readonly addresses: readonly NetworkAddress[]
  readonly record: (event: HistoryEvent) => void
  /** Told of answers that no fault explains: a bug, of a broker or of the clients. */
  readonly surprised: (what: string) => void
}

import type { Clock } from '@quorate/core/base/clock'
import type { Network, NetworkAddress } from '@quorate/core/transport/network'
import type { ClientName, HistoryEvent } from '../../support/history/events.ts'
import { Chance } from '../world/chance.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { Consumer } from './consumer.ts'
import { DeliveryLedger } from './delivery-ledger.ts'
import { defaultDrainLimits, drain } from './drain.ts'
import type { DrainLimits, DrainResult } from './drain.ts'
import { defaultPopulationLimits, describePopulation, drawPopulation } from './population.ts'
import type { Population, PopulationLimits } from './population.ts'
import { Producer } from './producer.ts'
import { TransactedConsumer } from './transacted-consumer.ts'
import { TransactedProducer } from './transacted-producer.ts'
import type { Worker } from './worker.ts'

/** Where a client runs. */
export interface ClientHost {
  readonly network: Network
  readonly clock: Clock
}

export interface StartClientsOptions extends ClientHost {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Of the brokers, in any order. */
  readonly addresses: readonly NetworkAddress[]
  readonly record: (event: HistoryEvent) => void
  /** Told of answers that no fault explains. */
  readonly surprised: (what: string) => void
  /** For clients on hosts of their own; all are on one by default. */
  readonly hostOf?: (client: ClientName) => ClientHost
  /** Somebody in particular instead of a population that is drawn. */
  readonly population?: Population
  readonly limits?: Partial<PopulationLimits>
}

export interface RunningClients {
  /** Who they are, in one line. */
  readonly description: string
  /** What is confirmed and not received yet. */
  readonly ledger: DeliveryLedger
  /** Ends the sending and waits for all receipts; the history has its `drained` then. */
  drain(limits?: Partial<DrainLimits>): Promise<DrainResult>
  /** Ends all clients, whatever they are doing. */
  close(): Promise<void>
}

/** Starts a small population of clients; they connect, and work until they are drained. */
export function startClients(options: StartClientsOptions): RunningClients {
  const { clock } = options
  const ledger = new DeliveryLedger()
  const record = (event: HistoryEvent): void => {
    ledger.note(event)
    options.record(event)
  }
  const chance = new Chance(Math.floor(options.random() * 0x7fffffff))
  const population =
    options.population ??
    drawPopulation(chance.fork(), { ...defaultPopulationLimits, ...options.limits })
  // A generator for each: what one of them draws shifts nobody else.
  const environmentOf = (name: ClientName): ClientEnvironment => ({
    ...(options.hostOf?.(name) ?? options),
    chance: chance.fork(),
    addresses: options.addresses,
    record,
    surprised: options.surprised,
  })
  const workers: Worker[] = [
    ...population.consumers.map((one) => new Consumer(environmentOf(one.name), one)),
    ...population.transactedConsumers.map((one) => {
      return new TransactedConsumer(environmentOf(one.name), one)
    }),
    ...population.producers.map((one) => new Producer(environmentOf(one.name), one)),
    ...population.transactedProducers.map((one) => {
      return new TransactedProducer(environmentOf(one.name), one)
    }),
  ]
  return {
    description: describePopulation(population),
    ledger,
    async drain(limits = {}) {
      const all = { ...defaultDrainLimits, ...limits }
      const result = await drain(workers, { ledger, clock, limits: all })
      record({ kind: 'drained', atMs: clock.monotonicMs() })
      return result
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}

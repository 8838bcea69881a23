import type { ClientName, HistoryEvent } from '../../support/history/events.ts'
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

export interface StartClientsOptions {
  /** Where a client runs, when not where the environment says. */
  readonly hostOf?: (client: ClientName) => Pick<ClientEnvironment, 'network' | 'clock'>
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
export function startClients(
  environment: ClientEnvironment,
  options: StartClientsOptions = {},
): RunningClients {
  const { clock, chance } = environment
  const ledger = new DeliveryLedger()
  const record = (event: HistoryEvent): void => {
    ledger.note(event)
    environment.record(event)
  }
  const population =
    options.population ??
    drawPopulation(chance.fork(), { ...defaultPopulationLimits, ...options.limits })
  // A generator for each: what one of them draws shifts nobody else.
  const environmentOf = (name: ClientName): ClientEnvironment => ({
    ...environment,
    ...options.hostOf?.(name),
    chance: chance.fork(),
    record,
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

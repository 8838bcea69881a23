import type { Chance } from '../world/chance.ts'
import type { ConsumerOptions, Leave } from './consumer.ts'
import type { PayloadSizes } from './outgoing-messages.ts'
import type { Burst, ProducerOptions } from './producer.ts'
import type { TransactedConsumerOptions } from './transacted-consumer.ts'
import type { TransactedProducerOptions } from './transacted-producer.ts'

/** Who lives in one history. */
export interface Population {
  readonly producers: readonly ProducerOptions[]
  readonly transactedProducers: readonly TransactedProducerOptions[]
  readonly consumers: readonly ConsumerOptions[]
  readonly transactedConsumers: readonly TransactedConsumerOptions[]
}

export interface PopulationLimits {
  /** Time in which the messages are sent. */
  readonly forMs: number
  /** Messages of a whole history. */
  readonly messages: readonly [least: number, most: number]
}

export const defaultPopulationLimits: PopulationLimits = { forMs: 20_000, messages: [150, 400] }

const kinds = ['pointToPoint', 'transacted', 'durable', 'exclusive'] as const
type Kind = (typeof kinds)[number]

/** Every kind is there more often than not, and each of their mixtures now and then. */
const KIND_CHANCE = 0.6

const orders = 'queue://orders'
const invoices = 'queue://invoices'
const receipts = 'queue://receipts'
const jobs = 'queue://jobs'
const prices = 'topic://prices'

/** Unanswered sends of somebody who does not wait. */
const BURST_WINDOW = 1_000

/** Comes and goes, and each time what it had in its hands goes back. */
const restless = { prefetch: 100, workMs: 5, leaveChance: 0.25, awayMs: 20 } as const

/** Hardly ever done with anything: what waits is delivered in vain, again and again. */
const hopeless = { prefetch: 20, workMs: 5, leaveChance: 0.9, awayMs: 150 } as const

/** Draws who sends what to whom, how fast, how large, and with which habits. */
export function drawPopulation(
  chance: Chance,
  limits: PopulationLimits = defaultPopulationLimits,
): Population {
  return new Drawing(chance, limits).draw()
}

interface Share {
  readonly everyMs: number
  readonly messagesMax: number
}

class Drawing {
  readonly #chance: Chance
  readonly #limits: PopulationLimits
  readonly #producers: Omit<ProducerOptions, keyof Share>[] = []
  readonly #transactedProducers: Omit<TransactedProducerOptions, keyof Share>[] = []
  readonly #consumers: ConsumerOptions[] = []
  readonly #transactedConsumers: TransactedConsumerOptions[] = []

  constructor(chance: Chance, limits: PopulationLimits) {
    this.#chance = chance
    this.#limits = limits
  }

  draw(): Population {
    const chance = this.#chance
    const drawn = kinds.filter(() => chance.chance(KIND_CHANCE))
    const present: readonly Kind[] = drawn.length > 0 ? drawn : [chance.pick(kinds)]
    if (present.includes('pointToPoint')) this.#addPointToPoint()
    if (present.includes('transacted')) this.#addTransacted()
    if (present.includes('durable')) this.#addDurable()
    if (present.includes('exclusive')) this.#addExclusive()
    const share = this.#share(this.#producers.length + this.#transactedProducers.length)
    return {
      producers: this.#producers.map((one) => ({ ...one, ...share })),
      transactedProducers: this.#transactedProducers.map((one) => ({ ...one, ...share })),
      consumers: this.#consumers.map((one) => this.#aware(one)),
      transactedConsumers: this.#transactedConsumers.map((one) => this.#aware(one)),
    }
  }

  #aware<C extends { readonly destination: string }>(one: C): C & { readonly isAlone: boolean } {
    const all = [...this.#consumers, ...this.#transactedConsumers]
    const isAlone = all.filter(({ destination }) => destination === one.destination).length === 1
    return { ...one, isAlone }
  }

  #addPointToPoint(): void {
    const chance = this.#chance
    for (let i = chance.integer(1, 2); i > 0; i--) this.#addProducer(orders)
    for (let i = chance.integer(1, 3); i > 0; i--) this.#addConsumer(orders, {})
  }

  #addTransacted(): void {
    const chance = this.#chance
    const destinations = chance.chance(0.3) ? [invoices, orders] : [invoices]
    this.#addTransactedProducer(destinations)
    if (chance.chance(0.3)) this.#addProducer(invoices)
    const isForwarding = chance.chance(0.5)
    for (let i = chance.integer(1, 2); i > 0; i--) this.#addTransactedConsumer(isForwarding)
    if (isForwarding) this.#addConsumer(receipts, {})
    const isServed = this.#consumers.some(({ destination }) => destination === orders)
    if (destinations.includes(orders) && !isServed) this.#addConsumer(orders, {})
  }

  #addDurable(): void {
    const chance = this.#chance
    if (chance.chance(0.3)) this.#addTransactedProducer([prices])
    else this.#addProducer(prices)
    const leaves: Leave[] = ['consumer', 'connection', 'crash']
    if (chance.chance(0.5)) leaves.push('unsubscribe')
    for (let i = chance.integer(1, 2); i > 0; i--) {
      this.#addConsumer(prices, {
        name: `subscriber-${i}`,
        subscription: 'watch',
        leaveChance: chance.pick([0, 0.02, 0.06]),
        leaves,
      })
    }
  }

  #addExclusive(): void {
    this.#addProducer(jobs)
    for (let i = 2; i > 0; i--) {
      this.#addConsumer(jobs, { name: `exclusive-${i}`, isExclusive: true })
    }
  }

  #addProducer(destination: string): void {
    const chance = this.#chance
    const burst = chance.chance(0.3) ? this.#burst() : null
    this.#producers.push({
      name: `producer-${this.#producers.length + 1}`,
      destination,
      window: burst === null ? chance.pick([1, 1, 2, 5, 20]) : BURST_WINDOW,
      pauseChance: chance.pick([0, 0, 0.02]),
      pauseMs: chance.between(200, 1500),
      ...(burst === null ? {} : { burst }),
      sizes: this.#sizes(),
    })
  }

  #burst(): Burst {
    const chance = this.#chance
    return {
      chance: chance.pick([0.05, 0.2]),
      messages: chance.integer(20, 120),
      everyMs: chance.pick([0.1, 1, 3]),
    }
  }

  #addTransactedProducer(destinations: readonly string[]): void {
    const chance = this.#chance
    this.#transactedProducers.push({
      name: `transactor-${this.#transactedProducers.length + 1}`,
      destinations,
      sizeMax: chance.pick([1, 3, 6]),
      rollbackChance: chance.pick([0, 0.1, 0.3]),
      isReplaying: chance.chance(0.6),
      sizes: this.#sizes(),
    })
  }

  #addConsumer(destination: string, special: Partial<ConsumerOptions>): void {
    const chance = this.#chance
    this.#consumers.push({
      name: `consumer-${this.#consumers.length + 1}`,
      destination,
      prefetch: chance.pick([1, 1, 3, 10, 100]),
      isGentle: chance.chance(0.5),
      acknowledges: chance.pick(['individually', 'upTo', 'either']),
      workMs: chance.pick([0.2, 1, 5]),
      holdChance: chance.pick([0, 0, 0.02, 0.08]),
      holdMs: chance.between(50, 400),
      leaveChance: chance.pick([0, 0, 0.01, 0.04]),
      leaves: ['consumer', 'consumer', 'connection', 'crash'],
      awayMs: chance.between(20, 700),
      takesOneByOne: chance.chance(0.4),
      ...(chance.chance(0.25) ? chance.pick([restless, hopeless]) : {}),
      ...special,
    })
  }

  #addTransactedConsumer(isForwarding: boolean): void {
    const chance = this.#chance
    this.#transactedConsumers.push({
      name: `worker-${this.#transactedConsumers.length + 1}`,
      destination: invoices,
      prefetch: chance.pick([1, 5, 20]),
      sizeMax: chance.pick([1, 3, 8]),
      workMs: chance.pick([0.2, 5, 40]),
      rollbackChance: chance.pick([0, 0.05, 0.2]),
      reopenChance: chance.pick([0, 0.5, 1]),
      redeliversItself: chance.chance(0.4),
      ...(isForwarding ? { forward: { destination: receipts, sizes: this.#sizes() } } : {}),
    })
  }

  #sizes(): PayloadSizes {
    const chance = this.#chance
    const isMixed = chance.chance(0.3)
    return {
      smallBytes: chance.pick([0, 40, 300, 1000]),
      largeBytes: chance.pick([2048, 8192, 65_536]),
      largeChance: isMixed ? chance.pick([0.01, 0.05]) : 0,
    }
  }

  /** Of all messages, for each of so many producers. */
  #share(producers: number): Share {
    const [least, most] = this.#limits.messages
    const each = this.#chance.integer(least, most) / producers
    return { everyMs: this.#limits.forMs / each, messagesMax: Math.ceil(each * 1.3) }
  }
}

/** One line for a trace. */
export function describePopulation(population: Population): string {
  const { producers, transactedProducers, consumers, transactedConsumers } = population
  const parts = [
    ...producers.map((one) => `${one.name} (${one.window} at a time) to ${one.destination}`),
    ...transactedProducers.map((one) => `${one.name} to ${one.destinations.join(' and ')}`),
    ...consumers.map((one) => `${one.name} (prefetch ${one.prefetch}) from ${one.destination}`),
    ...transactedConsumers.map((one) => {
      const to = one.forward === undefined ? '' : ` to ${one.forward.destination}`
      return `${one.name} (prefetch ${one.prefetch}) from ${one.destination}${to}`
    }),
  ]
  return parts.join(', ')
}

import assert from 'node:assert/strict'
import type { Consumer, Delivery, Receipt } from '../../src/engine/client.ts'
import { NO_RECEIPT } from '../../src/engine/client.ts'
import { ENTRY_MEMORY_BYTES, RUN_LEAST_BYTES } from '../../src/engine/policy/limits.ts'
import { EngineHarness, reads, testMessage, textOf } from './engine-harness.ts'
import { TestClient } from './engine-harness.ts'

/** One thing that happens; numbers choose among what is there. */
export interface WorldStep {
  readonly kind:
    | 'send'
    | 'send-transient'
    | 'send-in-transaction'
    | 'acknowledge'
    | 'acknowledge-in-transaction'
    | 'delivered'
    | 'redelivered'
    | 'poison'
    | 'open'
    | 'close-consumer'
    | 'disconnect'
    | 'commit-transaction'
    | 'roll-back'
    | 'turn'
    | 'commit'
    | 'lease'
    | 'fail-over-lost'
    | 'fail-over-kept'
  readonly who: number
  readonly count: number
}

interface Sent {
  readonly queue: string
  readonly text: string
  readonly sequence: number
}

interface OpenTransaction {
  readonly id: string
  readonly sends: Sent[]
  readonly acknowledged: string[]
  ended: boolean
}

const QUEUES = ['A', 'B']
const CLIENTS = 2

/** A client program: remembers across reconnects what it has not been answered. */
class Actor {
  readonly index: number
  readonly unanswered = new Map<Receipt, Sent>()
  /** What each awaited acknowledgement speaks of. */
  readonly acknowledging = new Map<Receipt, string[]>()
  readonly committing = new Map<Receipt, OpenTransaction>()
  consumers: Consumer[] = []
  transaction: OpenTransaction | null = null
  sequence = 0
  transactions = 0
  client: TestClient

  constructor(index: number, client: TestClient) {
    this.index = index
    this.client = client
  }

  /** Deliveries that it holds and has not acknowledged. */
  get held(): Delivery[] {
    return this.consumers.flatMap((consumer) => [...consumer.inFlight])
  }
}

/**
 * Client programs on an engine, with failovers: each resends what was not confirmed, as a failover
 * client does. Checks on the way what must always hold.
 */
export class World {
  readonly harness: EngineHarness
  readonly #actors: Actor[] = []
  /** Sent, and confirmed or committed: must be consumed in the end. */
  readonly #promised = new Set<string>()
  /** Its acknowledgement is confirmed: must never be seen again. */
  readonly #consumed = new Set<string>()
  /** Handed to some consumer at some time. */
  readonly #seen = new Set<string>()
  /** In a transaction that was rolled back: must never be seen. */
  readonly #withdrawn = new Set<string>()
  #transient = new Set<string>()
  #texts = 0

  /** `cacheBytes`: how much of the bodies the store keeps in memory. */
  constructor(cacheBytes = Infinity, harness = new EngineHarness({}, cacheBytes)) {
    this.harness = harness
    for (let i = 0; i < CLIENTS; i++) {
      this.#actors.push(new Actor(i, this.#connect(i)))
    }
  }

  /** Between the steps of `pauseAt` what is read from the journal arrives. */
  async run(steps: readonly WorldStep[], pauseAt: WorldStep['kind'] = 'turn'): Promise<void> {
    for (const step of steps) {
      this.#do(step)
      if (step.kind === pauseAt) await reads()
    }
    await this.#drain()
  }

  #do(step: WorldStep): void {
    const actor = this.#actors[step.who % CLIENTS] as Actor
    const queue = QUEUES[step.count % QUEUES.length] as string
    switch (step.kind) {
      case 'send':
        return this.#send(actor, this.#next(actor, queue))
      case 'send-transient':
        return this.#sendTransient(actor, queue)
      case 'send-in-transaction':
        return this.#sendInTransaction(actor, this.#next(actor, queue))
      case 'acknowledge':
        return this.#acknowledge(actor, step.count, 'consumed')
      case 'poison':
        return this.#acknowledge(actor, 1, 'poisoned')
      case 'acknowledge-in-transaction':
        return this.#acknowledgeInTransaction(actor, step.count)
      case 'delivered':
      case 'redelivered':
        for (const consumer of actor.consumers) {
          const deliveries = [...consumer.inFlight].slice(0, step.count)
          const { client } = actor.client
          client.acknowledge(
            { mode: step.kind, deliveries, isWhole: true, transaction: '', cause: '' },
            NO_RECEIPT,
          )
        }
        return
      case 'open':
        if (actor.consumers.length < 3) {
          actor.consumers.push(actor.client.consume(queue, { prefetch: 1 + (step.count % 4) }))
        }
        return
      case 'close-consumer':
        actor.consumers.shift()?.close(Infinity)
        return
      case 'disconnect':
        return this.#reconnect(actor)
      case 'commit-transaction':
        return this.#commitTransaction(actor)
      case 'roll-back':
        return this.#rollBack(actor)
      case 'turn':
        return this.#observed(() => this.harness.runTurns())
      case 'commit':
        return this.#observed(() => this.harness.log.commit(step.count))
      case 'lease':
        this.harness.leaseValid = !this.harness.leaseValid
        this.harness.engine.leaseRestored()
        return
      case 'fail-over-lost':
        return this.#failOver('lost')
      case 'fail-over-kept':
        return this.#failOver('kept')
    }
  }

  #next(actor: Actor, queue: string): Sent {
    return { queue, text: `m${++this.#texts}`, sequence: ++actor.sequence }
  }

  #send(actor: Actor, sent: Sent): void {
    const { queue, text, sequence } = sent
    const receipt = actor.client.send(queue, text, { producer: `P${actor.index}`, sequence })
    actor.unanswered.set(receipt, sent)
    this.#listen(actor)
  }

  #sendTransient(actor: Actor, queue: string): void {
    // Each of them alone is worth being spilled.
    const text = `t${++this.#texts} `.padEnd(RUN_LEAST_BYTES - ENTRY_MEMORY_BYTES)
    this.#transient.add(text)
    actor.client.client.send(testMessage(queue, text, { persistent: false }), '', NO_RECEIPT)
  }

  #transaction(actor: Actor): OpenTransaction {
    if (actor.transaction !== null) return actor.transaction
    const id = `T${actor.index}-${++actor.transactions}`
    actor.client.client.begin(id)
    actor.transaction = { id, sends: [], acknowledged: [], ended: false }
    return actor.transaction
  }

  #sendInTransaction(actor: Actor, sent: Sent): void {
    const transaction = this.#transaction(actor)
    const { queue, text, sequence } = sent
    const producer = `P${actor.index}`
    actor.client.send(queue, text, { producer, sequence, transaction: transaction.id })
    transaction.sends.push(sent)
  }

  #acknowledge(actor: Actor, count: number, mode: 'consumed' | 'poisoned'): void {
    const [consumer] = actor.consumers.filter(({ inFlight }) => inFlight.length > 0)
    const inTransaction = actor.transaction?.acknowledged ?? []
    const deliveries = [...(consumer?.inFlight ?? [])]
      .filter((delivery) => !inTransaction.includes(textOf(delivery)))
      .slice(0, count)
    if (deliveries.length === 0) return
    const receipt = actor.client.acknowledge(deliveries, { mode, cause: 'x' })
    actor.acknowledging.set(receipt, deliveries.map(textOf))
    this.#listen(actor)
  }

  #acknowledgeInTransaction(actor: Actor, count: number): void {
    const transaction = this.#transaction(actor)
    const deliveries = actor.held
      .filter((delivery) => !transaction.acknowledged.includes(textOf(delivery)))
      .slice(0, count)
    for (const delivery of deliveries) {
      actor.client.acknowledge([delivery], { transaction: transaction.id })
      transaction.acknowledged.push(textOf(delivery))
    }
  }

  #commitTransaction(actor: Actor): void {
    const { transaction } = actor
    if (transaction === null) return
    actor.transaction = null
    actor.committing.set(actor.client.commit(transaction.id), transaction)
    this.#listen(actor)
  }

  #rollBack(actor: Actor): void {
    const { transaction } = actor
    if (transaction === null) return
    actor.transaction = null
    actor.client.rollback(transaction.id)
    this.#withdraw(transaction)
  }

  #withdraw(transaction: OpenTransaction): void {
    transaction.ended = true
    for (const { text } of transaction.sends) this.#withdrawn.add(text)
  }

  #connect(index: number): TestClient {
    const client = this.harness.connect({ connectionId: `C${index}`, reconnect: true })
    client.onDispatch = (deliveries) => deliveries.forEach((one) => this.#delivered(one))
    return client
  }

  /** As a failover client: the same connection again, and what was not answered once more. */
  #reconnect(actor: Actor): void {
    this.#listen(actor)
    if (actor.transaction !== null) this.#withdraw(actor.transaction)
    actor.transaction = null
    actor.client = this.#connect(actor.index)
    actor.consumers = []
    // Whether these arrived is not known: what they speak of may come again, or not.
    actor.acknowledging.clear()
    const commits = [...actor.committing.values()]
    actor.committing.clear()
    for (const transaction of commits) {
      actor.committing.set(actor.client.commit(transaction.id), transaction)
    }
    const sends = [...actor.unanswered.values()]
    actor.unanswered.clear()
    for (const sent of sends) this.#send(actor, sent)
    this.#listen(actor)
  }

  #failOver(tail: 'lost' | 'kept'): void {
    for (const actor of this.#actors) this.#listen(actor)
    this.harness.failOver(tail)
    // R45: what was only in memory is gone.
    this.#transient = new Set()
    for (const actor of this.#actors) this.#reconnect(actor)
  }

  #observed(action: () => void): void {
    action()
    for (const actor of this.#actors) this.#listen(actor)
  }

  /** Draws the conclusions from what the client was told. */
  #listen(actor: Actor): void {
    for (const { receipt } of actor.client.confirmations.splice(0)) {
      const sent = actor.unanswered.get(receipt)
      if (sent !== undefined) this.#promised.add(sent.text)
      actor.unanswered.delete(receipt)
      for (const text of actor.acknowledging.get(receipt) ?? []) this.#consumed.add(text)
      actor.acknowledging.delete(receipt)
      const transaction = actor.committing.get(receipt)
      if (transaction === undefined) continue
      actor.committing.delete(receipt)
      transaction.ended = true
      for (const { text } of transaction.sends) this.#promised.add(text)
      for (const text of transaction.acknowledged) this.#consumed.add(text)
    }
    for (const { receipt, error } of actor.client.rejections.splice(0)) {
      assert.equal(error.code, 'TRANSACTION_ROLLED_BACK')
      const transaction = actor.committing.get(receipt)
      if (transaction !== undefined) this.#withdraw(transaction)
      actor.committing.delete(receipt)
    }
  }

  #delivered(delivery: Delivery): void {
    const text = textOf(delivery)
    const { name } = delivery.destination
    assert.ok(!this.#consumed.has(text), `${text} comes again after its acknowledgement`)
    assert.ok(!this.#withdrawn.has(text), `${text} was rolled back`)
    if (delivery.sequence > 0) {
      assert.ok(this.harness.isStored(name, delivery.sequence), `${text} is not committed`)
    }
    if (this.#seen.has(text)) {
      assert.ok(delivery.redeliveries > 0, `${text} comes again without saying so`)
    }
    this.#seen.add(text)
  }

  /** Everything that was promised is still there, exactly once, or was consumed. */
  async #drain(): Promise<void> {
    this.harness.leaseValid = true
    this.harness.engine.leaseRestored()
    await this.#settle()
    for (const actor of this.#actors) {
      this.#rollBack(actor)
      actor.client.client.close()
    }
    await this.#settle()
    const last = new TestClient()
    last.join(
      this.harness.engine.connect({
        connectionId: 'last',
        clientId: '',
        userName: '',
        remoteAddress: '',
        reconnect: false,
        sink: last,
      }),
    )
    last.onDispatch = (deliveries) => deliveries.forEach((one) => this.#delivered(one))
    for (const queue of QUEUES) last.consume(queue)
    await this.#settle()
    const drained = new Set(last.texts)
    assert.equal(drained.size, last.texts.length, 'a message was stored twice')
    for (const delivery of last.deliveries) last.acknowledge([delivery])
    await this.#settle()
    const dead = await this.#deadLetters()
    for (const text of this.#promised) {
      const isThere = drained.has(text) || this.#seen.has(text) || dead.has(text)
      assert.ok(isThere, `${text} was confirmed and is lost`)
    }
    for (const text of this.#transient) {
      assert.ok(this.#seen.has(text), `${text} was lost without a failover`)
    }
    this.#checkEmpty()
  }

  async #deadLetters(): Promise<Set<string>> {
    const reader = this.harness.connect()
    reader.consume('ActiveMQ.DLQ')
    await this.#settle()
    return new Set(reader.texts.map((text) => text.slice(0, -' [x]'.length)))
  }

  async #settle(): Promise<void> {
    await this.harness.settleReads()
    for (const actor of this.#actors) this.#listen(actor)
  }

  #checkEmpty(): void {
    const view = this.harness.engine.view()
    for (const queue of view.queues) {
      if (queue.destination.name === 'ActiveMQ.DLQ') continue
      assert.deepEqual([queue.depth, queue.inFlight], [0, 0], queue.destination.name)
    }
    assert.equal(view.memoryUsedBytes, 0)
    assert.equal(view.uncommittedRecords, 0)
  }
}

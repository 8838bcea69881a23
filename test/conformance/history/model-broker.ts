import type * as ev from '../../support/history/events.ts'

export const QUEUE = 'queue://work'
export const LANE = 'queue://lane'
export const TOPIC = 'topic://prices'
const ENDLESS = 'reader/endless'
const BRIEF = 'reader/brief'

/** One step that the model may take; what makes no sense at that moment is passed over. */
export interface Step {
  readonly does: (typeof stepNames)[number]
  readonly who: number
  readonly luck: number
}

export const stepNames = [
  'send',
  'send',
  'sendToTopic',
  'sendToLane',
  'deliver',
  'deliver',
  'deliver',
  'deliverUntold',
  'deliverInLane',
  'acknowledge',
  'acknowledge',
  'workInTransaction',
  'workInTransaction',
  'workInTransaction',
  'endTransaction',
  'lose',
  'resume',
  'takeOver',
  'resubscribe',
  'closeInLane',
  'drain',
] as const

interface Stored {
  readonly message: ev.MessageName
  readonly destination: ev.DestinationName
  deliveries: number
  heldBy: Consumer | null
  /** When it was stored. */
  readonly epoch: number
}

interface Consumer {
  readonly name: string
  readonly source: ev.SourceName
  isConnected: boolean
  held: Stored[]
  /** Delivered to its connection and not told yet. */
  untold: { readonly stored: Stored; readonly redelivered: boolean }[]
  tx: { readonly name: string; readonly sends: Stored[] } | null
}

function consumer(name: string, source: ev.SourceName): Consumer {
  return { name, source, isConnected: true, held: [], untold: [], tx: null }
}

/** A broker that does everything right, and the clients that tell of it. */
export class ModelBroker {
  readonly events: ev.HistoryEvent[] = []
  readonly #sources = new Map<ev.SourceName, Stored[]>()
  readonly #consumers = [consumer('consumer-0', QUEUE), consumer('consumer-1', QUEUE)]
  readonly #worker = consumer('worker', QUEUE)
  readonly #readers = [consumer('reader-0', ENDLESS), consumer('reader-1', BRIEF)]
  readonly #lane = [consumer('lane-0', LANE), consumer('lane-1', LANE)]
  readonly #numbers = new Map<string, number>()
  #laneHolder: Consumer | null = null
  #atMs = 0
  #op = 0
  #tx = 0
  #epoch = 1

  constructor() {
    this.#elect()
    for (const source of [QUEUE, LANE]) this.#sources.set(source, [])
    for (const { name } of this.#lane) {
      this.#done(name, { type: 'open', consumer: name, source: LANE, exclusive: true })
    }
    for (const { name, source } of this.#readers) this.#subscribe(name, source)
  }

  step({ does, who, luck }: Step): void {
    const of = <T>(all: readonly T[]): T => all[who % all.length] as T
    const receivers = [...this.#consumers, ...this.#readers]
    const everybody = [...receivers, this.#worker, ...this.#lane]
    switch (does) {
      case 'send':
        return this.#send(`p${who % 2}`, QUEUE, luck)
      case 'sendToTopic':
        return this.#send(`p${who % 2}`, TOPIC, luck)
      case 'sendToLane':
        return this.#send(`p${who % 2}`, LANE, luck)
      case 'deliver':
        this.#deliver(of(receivers))
        return
      case 'deliverUntold':
        this.#deliver(of(this.#consumers), true)
        return
      case 'deliverInLane':
        return this.#deliverInLane()
      case 'acknowledge':
        return this.#acknowledge(of([...receivers, ...this.#lane]), luck)
      case 'workInTransaction':
        return this.#work(luck)
      case 'endTransaction':
        return this.#endTransaction(luck)
      case 'lose':
        return this.#lose(of(everybody))
      case 'resume':
        return this.#resume(of(everybody))
      case 'takeOver':
        return this.#takeOver()
      case 'resubscribe':
        return this.#resubscribe()
      case 'closeInLane':
        return this.#closeInLane()
      case 'drain':
        return this.drain()
    }
  }

  /** Everybody comes back, and receives and acknowledges what there is. */
  drain(): void {
    const all = [...this.#consumers, ...this.#readers, ...this.#lane, this.#worker]
    for (const one of all) this.#resume(one)
    this.#endTransaction(3)
    this.#laneHolder ??= this.#lane[0] ?? null
    for (const one of all) {
      this.#acknowledge(one, 0)
      const isIdle = this.#lane.includes(one) && one !== this.#laneHolder
      while (!isIdle && this.#deliver(one)) this.#acknowledge(one, 0)
    }
    this.#say({ kind: 'drained' })
  }

  #say(event: { readonly kind: string; readonly [field: string]: unknown }): void {
    // Far apart, so that no slack blurs what is before and what is after.
    this.#atMs += 1000
    const { kind, ...rest } = event
    this.events.push({ kind, atMs: this.#atMs, ...rest } as unknown as ev.HistoryEvent)
  }

  #invoke(client: string, call: ev.Call): (kind: 'ok' | 'fail' | 'unknown') => void {
    const op = this.#op++
    this.#say({ kind: 'invoke', client, op, call })
    return (kind) => this.#say({ kind, client, op })
  }

  #done(client: string, call: ev.Call): void {
    this.#invoke(client, call)('ok')
  }

  #subscribe(client: string, subscription: string): void {
    this.#sources.set(subscription, [])
    this.#done(client, { type: 'subscribe', subscription, destination: TOPIC })
  }

  #nextName(producer: string): ev.MessageName {
    const number = this.#numbers.get(producer) ?? 0
    this.#numbers.set(producer, number + 1)
    return `${producer}:${number}`
  }

  #stored(message: ev.MessageName, destination: ev.DestinationName): Stored {
    return { message, destination, deliveries: 0, heldBy: null, epoch: this.#epoch }
  }

  #store({ message, destination }: Stored): void {
    for (const [source, all] of this.#sources) {
      const isCopy =
        source === destination || (destination === TOPIC && source.startsWith('reader/'))
      if (isCopy) all.push(this.#stored(message, destination))
    }
  }

  #send(client: string, destination: string, luck: number): void {
    const message = this.#nextName(client)
    const stored = this.#stored(message, destination)
    const end = this.#invoke(client, { type: 'send', message, destination })
    const fate = luck % 10
    if (fate !== 7 && fate !== 8) this.#store(stored)
    if (fate === 9) {
      // Stored by a connection that did not live to say so; sent again, and recognised.
      this.#say({ kind: 'interrupted', client })
      this.#say({ kind: 'resumed', client })
    }
    if (fate === 8) return end('fail')
    return end(fate === 6 || fate === 7 ? 'unknown' : 'ok')
  }

  #deliver(to: Consumer, isUntold = false): boolean {
    const next = this.#sources.get(to.source)?.find((stored) => stored.heldBy === null)
    if (!to.isConnected || next === undefined) return false
    next.heldBy = to
    to.held.push(next)
    const redelivered = this.#dispatch(to, next)
    to.untold.push({ stored: next, redelivered })
    if (!isUntold) this.#tell(to)
    return true
  }

  /** What an earlier leader may have handed out counts as one delivery. */
  #dispatch(to: Consumer, next: Stored): boolean {
    const { message, destination } = next
    const isInherited = next.epoch < this.#epoch
    const redeliveries = Math.max(next.deliveries++, isInherited ? 1 : 0)
    const who = { node: this.#leader, epoch: this.#epoch, client: to.name, consumer: to.name }
    this.#say({ kind: 'dispatched', ...who, message, destination, redeliveries, isInherited })
    return redeliveries > 0
  }

  get #leader(): string {
    return `b${this.#epoch % 3}`
  }

  #elect(): void {
    this.#say({ kind: 'elected', node: this.#leader, epoch: this.#epoch })
  }

  #tell(to: Consumer): void {
    for (const { stored, redelivered } of to.untold.splice(0)) {
      const { message, destination } = stored
      const through = destination === TOPIC ? { subscription: to.source } : {}
      const within = to.tx === null ? {} : { tx: to.tx.name }
      const who = { client: to.name, consumer: to.name }
      const what = { message, destination, redelivered }
      this.#say({ kind: 'receive', ...who, ...what, ...through, ...within })
    }
  }

  /** To whoever holds the lane; to another only when that one went. */
  #deliverInLane(): void {
    this.#laneHolder ??= this.#lane.find((one) => one.isConnected) ?? null
    if (this.#laneHolder !== null) this.#deliver(this.#laneHolder)
  }

  #acknowledge(by: Consumer, luck: number): void {
    this.#tell(by)
    const [first] = by.held
    const last = by.held.at(-1)
    if (!by.isConnected || by.tx !== null || first === undefined || last === undefined) return
    const isUpTo = luck % 2 === 0
    const covered = isUpTo ? [...by.held] : [first]
    const what = { consumer: by.name, source: by.source }
    const call = isUpTo
      ? ({ type: 'ack', mode: 'upTo', ...what, messages: [last.message] } as const)
      : ({ type: 'ack', mode: 'individual', ...what, messages: [first.message] } as const)
    const end = this.#invoke(by.name, call)
    const fate = luck % 7
    if (fate !== 5 && fate !== 6) this.#remove(by, covered)
    if (fate < 4) return end('ok')
    end(fate === 6 ? 'fail' : 'unknown')
    if (fate !== 6) this.#lose(by)
  }

  #remove(by: Consumer, covered: readonly Stored[]): void {
    by.held = by.held.filter((stored) => !covered.includes(stored))
    const rest = (this.#sources.get(by.source) ?? []).filter((stored) => !covered.includes(stored))
    this.#sources.set(by.source, rest)
  }

  #work(luck: number): void {
    const by = this.#worker
    if (!by.isConnected) return
    by.tx ??= { name: `t${this.#tx++}`, sends: [] }
    this.#deliver(by)
    for (let i = luck % 3; i > 0; i--) {
      const message = this.#nextName(by.name)
      const destination = luck % 2 === 0 ? QUEUE : TOPIC
      by.tx.sends.push(this.#stored(message, destination))
      this.#done(by.name, { type: 'send', message, destination, tx: by.tx.name })
    }
  }

  #endTransaction(luck: number): void {
    const by = this.#worker
    if (!by.isConnected || by.tx === null) return
    const { name, sends } = by.tx
    const fate = luck % 7
    if (fate >= 5) {
      this.#release(by)
      this.#done(by.name, { type: 'rollback', tx: name })
    } else {
      if (luck % 5 === 0 && by.held.length > 0) this.#acknowledgeInTransaction(by, name)
      const end = this.#invoke(by.name, { type: 'commit', tx: name })
      if (fate !== 0) this.#remove(by, [...by.held])
      if (fate !== 0) for (const stored of sends) this.#store(stored)
      end(fate < 3 ? 'unknown' : 'ok')
      if (fate < 3) this.#lose(by)
    }
    by.tx = null
  }

  #acknowledgeInTransaction(by: Consumer, tx: string): void {
    const messages = by.held.map((stored) => stored.message)
    const what = { consumer: by.name, source: by.source, messages, tx }
    this.#done(by.name, { type: 'ack', mode: 'transacted', ...what })
  }

  #release(by: Consumer): void {
    for (const stored of by.held.splice(0)) stored.heldBy = null
  }

  /** The broker sees it at once; what was under way is told after that, or never. */
  #lose(who: Consumer): void {
    if (!who.isConnected) return
    who.isConnected = false
    if (this.#laneHolder === who) this.#laneHolder = null
    this.#release(who)
    this.#say({ kind: 'interrupted', client: who.name })
  }

  #resume(who: Consumer): void {
    if (who.isConnected) return
    this.#tell(who)
    if (who.tx !== null) this.#done(who.name, { type: 'rollback', tx: who.tx.name })
    who.tx = null
    who.isConnected = true
    this.#say({ kind: 'resumed', client: who.name })
  }

  #takeOver(): void {
    const fault = { fault: 'kill', targets: [this.#leader] }
    this.#say({ kind: 'faultBegins', ...fault })
    const all = [...this.#consumers, ...this.#readers, this.#worker, ...this.#lane]
    for (const one of all) this.#lose(one)
    this.#epoch++
    this.#elect()
    for (const one of all.slice(1)) this.#resume(one)
    this.#say({ kind: 'faultEnds', ...fault })
  }

  #resubscribe(): void {
    const [, reader] = this.#readers
    if (reader?.isConnected !== true || reader.held.length > 0) return
    this.#done(reader.name, { type: 'unsubscribe', subscription: reader.source })
    this.#subscribe(reader.name, reader.source)
  }

  #closeInLane(): void {
    const holder = this.#laneHolder
    if (holder === null) return
    this.#laneHolder = null
    this.#release(holder)
    this.#done(holder.name, { type: 'close', consumer: holder.name })
    const again = { consumer: holder.name, source: LANE, exclusive: true }
    this.#done(holder.name, { type: 'open', ...again })
    this.#lane.reverse()
  }
}

import type { Frame, FrameOf } from '@quorate/broker/replication/frames'
import type { ReplicaEffect } from '@quorate/broker/replication/replica/events'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'
import type { ToldLine } from './expected-trace.ts'

/** Said again and again, as long as nobody is elected: told once. */
const chatter = /^would not|^votes for|^promises epoch|^refuses epoch/

/**
 * What a reader is told of a scenario: the trace of the simulation, and beside it how votes went
 * and what became of seats and doubts. Nodes are called by letters, in the order of their roles.
 */
export class Story {
  readonly #simulation: Simulation
  readonly #letters = new Map<string, string>()
  /** Trusted again as soon as their disks say so; they may write more until then. */
  readonly #trusted = new Set<string>()
  #from = 0

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** The story begins here, and with these roles: the first is A. */
  begin(nodes: readonly SimulatedBroker[]): void {
    for (const [i, { id }] of nodes.entries()) this.#letters.set(id, 'ABCDE'.charAt(i))
    this.#from = this.#simulation.trace.lines.length
  }

  /** Every effect of a node's replica comes by here. */
  effect({ id, witness }: SimulatedBroker, effect: ReplicaEffect): void {
    const what = effect.type === 'send' ? saidOf(effect.to, effect.frame) : doneOf(effect)
    if (what !== null) this.#simulation.trace.add(id, what)
    const isSuspect = witness.node?.replica.suspect != null
    if (effect.type !== 'persist' || effect.meta.suspect !== null || !isSuspect) {
      if (!isSuspect) this.#trusted.delete(id)
    } else if (!this.#trusted.has(id)) {
      this.#trusted.add(id)
      this.#simulation.trace.add(id, 'has caught up and is trusted again')
    }
  }

  get lines(): readonly ToldLine[] {
    const told: ToldLine[] = []
    let said = new Set<string>()
    for (const line of this.#simulation.trace.lines.slice(this.#from)) {
      const [, who = '', text = ''] = /^\s*[\d.]+ s {2}(\S+)\s+(.*)$/.exec(line) ?? []
      const what = text.replace(/\bn\d\b/g, (id) => this.#letters.get(id) ?? id)
      if (what.startsWith('wins epoch')) said = new Set()
      const key = `${who} ${what.replace(/ \d+/g, '')}`
      if (chatter.test(what) && said.has(key)) continue
      said.add(key)
      told.push({ who: who === '*' ? '-' : (this.#letters.get(who) ?? who), what })
    }
    return told
  }
}

function saidOf(to: string, frame: Frame): string | null {
  if (frame.type === 'fenceReply') return voteOf(to, frame)
  if (frame.type !== 'preVoteReply') return null
  if (frame.leaderAlive) return `would not vote for ${to}: it hears a leader`
  return frame.grants ? null : `would not vote for ${to}: ${whyNot(frame)}`
}

function voteOf(to: string, frame: FrameOf<'fenceReply'>): string {
  const { epoch, promises, grants, last, promised } = frame
  if (!promises) return `refuses epoch ${epoch} to ${to}: it has promised ${promised}`
  if (!grants) return `promises epoch ${epoch} to ${to}, no vote: ${whyNot(frame)}`
  return `votes for ${to} in epoch ${epoch}, itself at ${last.epoch}/${last.index}`
}

function whyNot({ suspect, last }: FrameOf<'fenceReply'> | FrameOf<'preVoteReply'>): string {
  return suspect ? 'it is suspect' : `it is at ${last.epoch}/${last.index}`
}

function doneOf(effect: ReplicaEffect): string | null {
  switch (effect.type) {
    case 'appendConfig': {
      const isVacant = effect.config.seats.includes(null)
      return isVacant ? 'takes a lost store out of its seat' : 'gives the seat to the new store'
    }
    case 'alarm':
      return `raises an alarm: ${effect.message}`
    case 'halt':
      return `halts: ${effect.reason}`
    default:
      return null
  }
}

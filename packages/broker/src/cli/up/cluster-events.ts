import type { BrokerStatus } from '../../management/broker-status.ts'
import { leaderOf } from '../cluster-picture.ts'
import type { NodePicture } from '../cluster-picture.ts'
import type { ProcessEvent } from './supervised-process.ts'

export type Role = BrokerStatus['role'] | 'silent'

/** What happens in the life of a cluster on this machine, as `up --json` prints it. */
export type UpEvent =
  | ProcessEvent
  | {
      readonly type: 'role'
      readonly name: string
      readonly role: Role
      readonly was: Role
      readonly epoch: number | null
    }
  | {
      readonly type: 'leader'
      readonly name: string
      readonly epoch: number
      /** Milliseconds without a leader as seen from here; null for the first. */
      readonly absentMs: number | null
    }
  | { readonly type: 'no-leader'; readonly name: string }
  | { readonly type: 'trouble'; readonly name: string; readonly trouble: string | null }
  | {
      readonly type: 'serving'
      readonly clientUri: string
      readonly consoleUrls: readonly string[]
    }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'stopping' }
  | { readonly type: 'stopped' }

/** Why there is no status of a broker whose process runs. */
export const NOT_ANSWERING = 'not answering'

function roleOf({ status }: NodePicture): Role {
  return status?.role ?? 'silent'
}

/** Turns one picture after the other into what changed. */
export class ChangeFinder {
  #previous = new Map<string, NodePicture>()
  #leader: { readonly name: string; readonly epoch: number } | null = null
  #lostMs: number | null = null

  /** What is different from the picture before. */
  find(nodes: readonly NodePicture[], nowMs: number): UpEvent[] {
    const events = nodes.flatMap((node) => this.#nodeChanges(node))
    this.#previous = new Map(nodes.map((node) => [node.nodeId, node]))
    return [...events, ...this.#leaderChanges(nodes, nowMs)]
  }

  #nodeChanges(node: NodePicture): UpEvent[] {
    const before = this.#previous.get(node.nodeId)
    const was = before === undefined ? 'silent' : roleOf(before)
    const role = roleOf(node)
    const events: UpEvent[] = []
    const name = node.nodeId
    // Of a process that ended that has been told; of one that runs and is silent it is news.
    const isKnown = role === 'silent' && node.problem !== NOT_ANSWERING
    if (role !== was && !isKnown) {
      events.push({ type: 'role', name, role, was, epoch: node.status?.epoch ?? null })
    }
    const trouble = node.status?.trouble ?? null
    if (node.status !== null && trouble !== (before?.status?.trouble ?? null)) {
      events.push({ type: 'trouble', name, trouble })
    }
    return events
  }

  #leaderChanges(nodes: readonly NodePicture[], nowMs: number): UpEvent[] {
    const leader = leaderOf(nodes)
    if (leader === undefined) {
      if (this.#leader === null || this.#lostMs !== null) return []
      this.#lostMs = nowMs
      return [{ type: 'no-leader', name: this.#leader.name }]
    }
    const { nodeId: name, epoch } = leader
    const same = this.#leader?.name === name && this.#leader.epoch === epoch
    const absentMs = this.#leader === null ? null : Math.round(nowMs - (this.#lostMs ?? nowMs))
    const wasLost = this.#lostMs !== null
    this.#leader = { name, epoch }
    this.#lostMs = null
    return same && !wasLost ? [] : [{ type: 'leader', name, epoch, absentMs }]
  }
}

/** An event in words, without time: no line, one, or several when there is more to say. */
export function describe(event: UpEvent, startCommand: (name: string) => string): string[] {
  switch (event.type) {
    case 'started':
      return [`${event.name} started (pid ${event.pid})`]
    case 'ended':
      return describeEnd(event, startCommand)
    case 'outside':
      return [`${event.name} is run by somebody else (pid ${event.pid})`]
    case 'role':
      return describeRole(event)
    case 'leader':
      return [`${event.name} leads epoch ${event.epoch}${absence(event.absentMs)}`]
    case 'no-leader':
      return [`${event.name} leads no more`]
    case 'trouble':
      return [`${event.name}: ${event.trouble ?? 'all well again'}`]
    case 'serving':
      return [
        'The cluster serves clients at',
        `    ${event.clientUri}`,
        `Status of each broker as JSON: ${event.consoleUrls.join(' ')}`,
      ]
    case 'notice':
      return [event.text]
    case 'stopping':
      return ['stopping; Ctrl-C again to stop at once']
    case 'stopped':
      return ['stopped']
  }
}

function describeRole({ name, role, epoch }: Extract<UpEvent, { type: 'role' }>): string[] {
  if (role === 'silent') return [`${name} does not answer`]
  // That somebody leads is an event of its own.
  return role === 'leader' ? [] : [`${name} is ${role}${epoch === 0 ? '' : `, epoch ${epoch}`}`]
}

function absence(absentMs: number | null): string {
  return absentMs === null || absentMs === 0 ? '' : `, after about ${absentMs} ms without a leader`
}

function describeEnd(
  event: Extract<UpEvent, { type: 'ended' }>,
  startCommand: (name: string) => string,
): string[] {
  const { name, pid, how, inOrder, restartInMs } = event
  if (inOrder) return [`${name} stopped (pid ${pid})`]
  const next =
    restartInMs === null
      ? `start it again with: ${startCommand(name)}`
      : `it starts again in ${restartInMs / 1000} s`
  return [
    `${name} died (pid ${pid}, ${how}); ${next}`,
    ...event.lastLines.map((line) => `    ${line}`),
  ]
}

import type { Frame } from '../../../src/replication/frames.ts'
import { decodeFrame, encodeFrame } from '../../../src/replication/frames.ts'
import type { Scheduler } from './scheduler.ts'

/** Silence after which a link counts as dead. */
const DEAD_MS = 5_000
/** How late the last frames of a dead connection may still be read from its buffer. */
const LATE_MS = 200

export interface Process {
  readonly id: string
  readonly isUp: boolean
  /** Another one with every start. */
  readonly incarnation: number
  receive(from: string, frame: Frame): void
  linkUp(peer: string): void
  linkDown(peer: string, refused: boolean): void
}

interface Connection {
  readonly receiver: number
  isOpen: boolean
  /** What was in the receiver's buffer when the connection broke is read all the same. */
  lateMs: number | null
  lastArrivalMs: number
}

/**
 * One-way links between all processes. Frames of one connection arrive in order, those of a broken
 * one may arrive when its successor is long in use, and nothing relates the two directions of a
 * pair.
 */
export class FakeNetwork {
  readonly #scheduler: Scheduler
  readonly #processes: ReadonlyMap<string, Process>
  readonly #cut = new Set<string>()
  readonly #links = new Map<string, Connection>()

  constructor(scheduler: Scheduler, processes: ReadonlyMap<string, Process>) {
    this.#scheduler = scheduler
    this.#processes = processes
  }

  /** Cuts one direction, or both. The links find out only when it heals or after five seconds. */
  cut(a: string, b: string, { oneWay = false } = {}): void {
    for (const key of oneWay ? [`${a}>${b}`] : [`${a}>${b}`, `${b}>${a}`]) {
      this.#cut.add(key)
      const connection = this.#links.get(key)
      this.#scheduler.after(DEAD_MS, () => {
        if (this.#cut.has(key) && this.#links.get(key) === connection) this.#close(key, false)
      })
    }
  }

  heal(): void {
    const cut = [...this.#cut]
    this.#cut.clear()
    for (const key of cut) {
      this.#close(key, false)
      this.#dial(key)
    }
  }

  /** The connections that this process dialed break and are made again, for no reason. */
  reset(from: string): void {
    for (const to of this.#processes.keys()) {
      if (to === from) continue
      this.#close(`${from}>${to}`, false)
      this.#dial(`${from}>${to}`)
    }
  }

  send(from: string, to: string, frame: Frame): void {
    const key = `${from}>${to}`
    const connection = this.#links.get(key)
    if (connection === undefined) return
    const bytes = Buffer.concat(encodeFrame(frame)).subarray(4)
    const { nowMs } = this.#scheduler
    const arrivalMs = Math.max(connection.lastArrivalMs, nowMs + this.#scheduler.between(0.1, 1.5))
    connection.lastArrivalMs = arrivalMs
    this.#scheduler.after(arrivalMs - nowMs, () => this.#arrive(key, connection, bytes))
  }

  /** A process has started: everybody dials everybody. */
  started(id: string): void {
    for (const other of this.#processes.keys()) {
      if (other === id) continue
      this.#dial(`${id}>${other}`)
      this.#dial(`${other}>${id}`)
    }
  }

  /** A process is gone: the kernel tells the others, and their redials are refused. */
  ended(id: string): void {
    for (const other of this.#processes.keys()) {
      this.#forget(`${id}>${other}`)
      const key = `${other}>${id}`
      if (this.#cut.has(key)) this.#forget(key)
      else this.#close(key, true)
    }
  }

  #arrive(key: string, connection: Connection, bytes: Buffer): void {
    const [from, to] = key.split('>') as [string, string]
    const receiver = this.#processes.get(to) as Process
    if (this.#cut.has(key) || receiver.incarnation !== connection.receiver) return
    if (connection.isOpen) receiver.receive(from, decodeFrame(bytes))
    else if (connection.lateMs !== null) {
      this.#scheduler.after(connection.lateMs, () => {
        if (receiver.incarnation === connection.receiver) receiver.receive(from, decodeFrame(bytes))
      })
    }
  }

  #dial(key: string): void {
    const [from, to] = key.split('>') as [string, string]
    const [dialer, acceptor] = [this.#processes.get(from), this.#processes.get(to)]
    this.#scheduler.after(this.#scheduler.between(0.5, 30), () => {
      const possible = dialer?.isUp === true && acceptor?.isUp === true && !this.#cut.has(key)
      if (!possible || this.#links.has(key)) return
      const receiver = acceptor.incarnation
      this.#links.set(key, { receiver, isOpen: true, lateMs: null, lastArrivalMs: 0 })
      dialer.linkUp(to)
    })
  }

  #forget(key: string): boolean {
    const connection = this.#links.get(key)
    if (connection === undefined) return false
    this.#links.delete(key)
    connection.isOpen = false
    const isRead = this.#scheduler.random() < 0.5
    if (isRead) connection.lateMs = this.#scheduler.between(0, LATE_MS)
    return true
  }

  #close(key: string, refused: boolean): void {
    const [from, to] = key.split('>') as [string, string]
    if (!this.#forget(key)) return
    this.#scheduler.after(this.#scheduler.between(0.1, 2), () => {
      if (this.#links.has(key)) return
      this.#processes.get(from)?.linkDown(to, refused && this.#processes.get(to)?.isUp === false)
    })
  }
}

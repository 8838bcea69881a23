import type { Frame } from '../../../src/replication/frames.ts'
import { decodeFrame, encodeFrame } from '../../../src/replication/frames.ts'
import type { Scheduler } from './scheduler.ts'

/** Silence after which a link counts as dead. */
const DEAD_MS = 5_000
/** How late the last frames of a dead connection may still be read from its buffer. */
const LATE_MS = 200
/** Behind so many frames of a later connection they may be read, too. */
const LATE_FRAMES = 4

export interface Process {
  readonly id: string
  readonly isUp: boolean
  /** Another one with every start. */
  readonly incarnation: number
  receive(from: string, frame: Frame): void
  linkUp(peer: string): void
  linkDown(peer: string, refused: boolean): void
}

/** When what was in the receiver's buffer as the connection broke is read all the same. */
type Lateness = { readonly ms: number } | Behind

/** Right behind that frame of the next connection, or of the one after it. */
interface Behind {
  readonly connections: number
  readonly frames: number
}

interface Connection {
  readonly receiver: number
  isOpen: boolean
  late: Lateness | null
  lastArrivalMs: number
}

interface LateFrame {
  readonly receiver: number
  readonly bytes: Buffer
  connections: number
  frames: number
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
  readonly #late = new Map<string, LateFrame[]>()

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

  /** The connection breaks, and what is on its way is read behind so many frames of a later one. */
  echo(from: string, to: string, late: Behind = this.#behind()): void {
    const key = `${from}>${to}`
    const connection = this.#links.get(key)
    this.#close(key, false)
    if (connection !== undefined) connection.late = late
    this.#dial(key)
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
    const { receiver, isOpen, late } = connection
    if (this.#cut.has(key) || this.#receiverOf(key).incarnation !== receiver) return
    if (isOpen) {
      this.#read(key, receiver, bytes)
      this.#readLate(key)
    } else if (late !== null && 'ms' in late) {
      this.#scheduler.after(late.ms, () => this.#read(key, receiver, bytes))
    } else if (late !== null) {
      const waiting = this.#late.get(key) ?? []
      this.#late.set(key, waiting)
      waiting.push({ ...late, receiver, bytes })
    }
  }

  #receiverOf(key: string): Process {
    return this.#processes.get(key.split('>')[1] ?? '') as Process
  }

  #read(key: string, incarnation: number, bytes: Buffer): void {
    const receiver = this.#receiverOf(key)
    if (receiver.incarnation !== incarnation) return
    receiver.receive(key.split('>')[0] ?? '', decodeFrame(bytes))
  }

  /** One more frame of the present connection has arrived: some of older ones come behind it. */
  #readLate(key: string): void {
    const waiting = this.#late.get(key)
    if (waiting === undefined) return
    this.#late.set(
      key,
      waiting.filter((frame) => frame.connections > 0 || frame.frames > 1),
    )
    for (const frame of waiting) {
      if (frame.connections > 0) continue
      if (--frame.frames === 0) this.#read(key, frame.receiver, frame.bytes)
    }
  }

  #dial(key: string): void {
    const [from, to] = key.split('>') as [string, string]
    const [dialer, acceptor] = [this.#processes.get(from), this.#processes.get(to)]
    this.#scheduler.after(this.#scheduler.between(0.5, 30), () => {
      const possible = dialer?.isUp === true && acceptor?.isUp === true && !this.#cut.has(key)
      if (!possible || this.#links.has(key)) return
      const receiver = acceptor.incarnation
      this.#links.set(key, { receiver, isOpen: true, late: null, lastArrivalMs: 0 })
      for (const frame of this.#late.get(key) ?? []) frame.connections--
      dialer.linkUp(to)
    })
  }

  #forget(key: string): boolean {
    const connection = this.#links.get(key)
    if (connection === undefined) return false
    this.#links.delete(key)
    connection.isOpen = false
    const draw = this.#scheduler.random()
    if (draw < 0.3) connection.late = { ms: this.#scheduler.between(0, LATE_MS) }
    else if (draw < 0.55) connection.late = this.#behind()
    return true
  }

  #behind(): Behind {
    const frames = 1 + Math.floor(this.#scheduler.random() * LATE_FRAMES)
    return { connections: this.#scheduler.pick([1, 2]), frames }
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

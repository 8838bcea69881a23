import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, assert, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { connectTcp, hostAndPort } from '@quorate/core/transport/tcp-stream'
import type { NetworkAddress } from '@quorate/core/transport/network'
import { parseConnectString } from './connect-string.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { createModes, permissions, refusalName, refusals } from './protocol.ts'
import type { Acl, MultiOperation, OperationName, RequestOf, ResponseOf, Stat } from './protocol.ts'
import type { MultiResult, Refusal } from './protocol.ts'
import type { SessionEffect, SessionEvent, SessionNews, SessionRequest } from './session-table.ts'
import { Session } from './session.ts'
import type { WatchEvent, WatchKind } from './watch-registry.ts'

export type ClientEvent =
  /** After `expired`, `auth-failed` and `closed` the client is over; a new one must be made. */
  | { readonly type: 'session'; readonly news: SessionNews }
  /** A watch fired; it must be set again to hear of the next change. */
  | { readonly type: 'watch'; readonly event: WatchEvent }

export interface ZooKeeperClientOptions {
  /** `host:port,host:port/chroot`. */
  readonly connectString: string
  /** What we ask for, in milliseconds; the server has the last word. */
  readonly sessionTimeoutMs: number
  readonly clock: Clock
  readonly log: Log
  readonly listener: (event: ClientEvent) => void
  /** Uniform in [0, 1); for the order of hosts and the back-off. */
  readonly random: () => number
  /** TCP unless a test says otherwise. */
  readonly connect?: (to: NetworkAddress, signal: AbortSignal) => Promise<ByteStream>
}

export interface CreateOptions {
  readonly ephemeral?: boolean
  /** The server appends ten digits that grow from child to child. */
  readonly sequential?: boolean
  /** Everybody may do everything, unless told otherwise. */
  readonly acl?: readonly Acl[]
}

export interface ReadOptions {
  /** Hear of the next change through the listener. */
  readonly watch?: boolean
}

/** Answers may be longer than requests: a long list of children. */
const replyBytesMax = 4 * 1024 * 1024

export const openAcl: readonly Acl[] = [
  { permissions: permissions.all, id: { scheme: 'world', id: 'anyone' } },
]

/**
 * One session with a ZooKeeper ensemble, with a promise per operation.
 *
 * A promise rejects with COORDINATION_REJECTED when the server refuses (`refusalOf` names why),
 * with CONNECTION_LOST when the connection ended before the answer, so that the outcome is unknown,
 * and with COORDINATION_LOST when there is no connection and nothing was sent. The client
 * reconnects for ever and sets its watches again; only the server ends the session.
 */
export class ZooKeeperClient {
  readonly #options: ZooKeeperClientOptions
  readonly #session: Session
  readonly #chroot: string
  readonly #answers = new Map<number, Answer>()
  readonly #effects: SessionEffect[] = []
  readonly #closing: (() => void)[] = []
  #running = false
  #over = false
  #nextId = 0
  #ticker: Timer | undefined
  #attempt: AbortController | undefined
  #stream: ByteStream | undefined

  /** Throws CONFIG_INVALID for an unreadable connect string. */
  constructor(options: ZooKeeperClientOptions) {
    const { hosts, chroot } = parseConnectString(options.connectString)
    this.#options = options
    this.#chroot = chroot
    const { sessionTimeoutMs: timeoutMs, random } = options
    this.#session = new Session({ hosts, timeoutMs, random })
  }

  get sessionId(): bigint {
    return this.#session.sessionId
  }

  get live(): boolean {
    return this.#session.live
  }

  start(): void {
    const { clock, sessionTimeoutMs } = this.#options
    const tickMs = Math.min(250, Math.max(10, sessionTimeoutMs / 20))
    this.#ticker = clock.every(tickMs, () => this.#step({ type: 'tick' }))
    this.#step({ type: 'start' })
  }

  /** Sent now if connected, and again at every reconnect, before any other request. */
  addAuth(scheme: string, auth: Buffer): void {
    this.#step({ type: 'authenticate', authentication: { scheme, auth } })
  }

  /** Resolves to the path, which a sequential node only gets now. */
  async create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<string> {
    const mode = createMode(options)
    const request = { path, data, acl: options.acl ?? openAcl, mode }
    const response = await this.request('create', request)
    return this.#withoutChroot(response.path)
  }

  async delete(path: string, version = -1): Promise<void> {
    await this.request('delete', { path, version })
  }

  /** null when there is no such node; a watch then hears of its creation. */
  async exists(path: string, { watch = false }: ReadOptions = {}): Promise<Stat | null> {
    try {
      const response = await this.request('exists', { path, watch }, 'exists')
      return response.stat
    } catch (error) {
      if (refusalOf(error) === 'NoNode') return null
      throw error
    }
  }

  async get(path: string, { watch = false }: ReadOptions = {}): Promise<NodeContent> {
    const { data, stat } = await this.request('getData', { path, watch }, 'data')
    return { data: data ?? Buffer.alloc(0), stat }
  }

  async set(path: string, data: Buffer | null, version = -1): Promise<Stat> {
    const response = await this.request('setData', { path, data, version })
    return response.stat
  }

  async children(path: string, { watch = false }: ReadOptions = {}): Promise<NodeChildren> {
    return this.request('getChildren2', { path, watch }, 'children')
  }

  /** Afterwards this server has seen every write that was complete before the call. */
  async sync(path = '/'): Promise<void> {
    await this.request('sync', { path })
  }

  /**
   * All or nothing: rejects with the refusal of the part at fault, whose number is in `details`.
   */
  async multi(parts: readonly MultiOperation[]): Promise<readonly MultiResult[]> {
    const results = await this.request('multi', parts)
    results.forEach((result, part) => {
      if (result.type !== 'error') return
      if (result.err === 0 || result.err === refusals.RuntimeInconsistency) return
      const refusal = refusalName(result.err)
      const details = { refusal, operation: 'multi', part }
      throw new BrokerError('COORDINATION_REJECTED', `part ${part} of a multi: ${refusal}`, {
        details,
      })
    })
    return results
  }

  /** Any operation of the table; paths are inside the chroot. */
  request<N extends OperationName>(
    operation: N,
    request: RequestOf<N>,
    kind?: WatchKind,
  ): Promise<ResponseOf<N>> {
    const id = this.#nextId++
    const rooted = this.#rooted({ operation, request } as PlainRequest)
    const watch = watchOf(rooted, kind)
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve: resolve as (response: unknown) => void, reject })
      const submitted = watch === undefined ? { id, ...rooted } : { id, watch, ...rooted }
      this.#step({ type: 'submit', request: submitted as SessionRequest })
    })
  }

  /** Ends the session, so that its ephemeral nodes go; resolves within about a second. */
  close(): Promise<void> {
    if (this.#over) return Promise.resolve()
    return new Promise((resolve) => {
      this.#closing.push(resolve)
      this.#step({ type: 'close' })
    })
  }

  /**
   * Effects run in the order in which they were decided, also those of steps that the listener
   * takes in the middle: a reply's turn is the turn of its request.
   */
  #step(event: SessionEvent): void {
    this.#effects.push(...this.#session.step(event, this.#options.clock.monotonicMs()))
    if (this.#running) return
    this.#running = true
    try {
      for (;;) {
        const effect = this.#effects.shift()
        if (effect === undefined) break
        this.#carryOut(effect)
      }
    } finally {
      this.#running = false
    }
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case 'connect':
        return this.#connect(effect.to)
      case 'disconnect':
        return this.#disconnect()
      case 'send':
        return this.#stream?.write([effect.bytes])
      case 'resolve':
        return this.#take(effect.id).resolve(effect.response)
      case 'reject':
        return this.#take(effect.id).reject(effect.error)
      case 'news':
        return this.#heardNews(effect.news)
      case 'watch': {
        const event = { ...effect.event, path: this.#withoutChroot(effect.event.path) }
        return this.#options.listener({ type: 'watch', event })
      }
    }
  }

  #heardNews(news: SessionNews): void {
    const session = this.#session.sessionId.toString(16)
    this.#options.log.debug(`coordination session ${news}`, { session })
    if (news !== 'connected' && news !== 'disconnected') {
      this.#over = true
      this.#ticker?.cancel()
      for (const resolve of this.#closing.splice(0)) resolve()
    }
    this.#options.listener({ type: 'session', news })
  }

  #take(id: number): Answer {
    const answer = this.#answers.get(id)
    assert(answer !== undefined, 'a request is answered once')
    this.#answers.delete(id)
    return answer
  }

  #connect(to: NetworkAddress): void {
    this.#disconnect()
    const attempt = new AbortController()
    this.#attempt = attempt
    const connect = this.#options.connect ?? connectTcp
    connect(to, attempt.signal).then(
      (stream) => {
        if (this.#attempt === attempt) this.#attach(stream)
        else stream.destroy()
      },
      (error: unknown) => {
        if (this.#attempt !== attempt) return
        const why = toBrokerError(error, 'CONNECTION_LOST').message
        this.#options.log.debug('a coordination server cannot be reached', {
          address: hostAndPort(to.host, to.port),
          why,
        })
        this.#lost(why)
      },
    )
  }

  #attach(stream: ByteStream): void {
    this.#stream = stream
    const splitter = new FrameSplitter(replyBytesMax)
    stream.attach({
      received: (bytes) => {
        if (this.#stream === stream) this.#received(stream, splitter, bytes)
      },
      drained: () => {},
      closed: (error) => {
        if (this.#stream === stream) this.#lost(error?.message ?? 'the service hung up')
      },
    })
    this.#step({ type: 'opened' })
  }

  #received(stream: ByteStream, splitter: FrameSplitter, bytes: Buffer): void {
    try {
      splitter.push(bytes, (frame) => {
        if (this.#stream === stream) this.#step({ type: 'frame', bytes: frame })
      })
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'FRAME_TOO_LARGE') throw error
      this.#lost(error.message)
    }
  }

  #lost(why: string): void {
    this.#disconnect()
    this.#step({ type: 'lost', why })
  }

  #disconnect(): void {
    this.#attempt?.abort()
    this.#attempt = undefined
    this.#stream?.destroy()
    this.#stream = undefined
  }

  #rooted(plain: PlainRequest): PlainRequest {
    if (this.#chroot === '') return plain
    const root = <T extends { readonly path: string }>(request: T): T => {
      return { ...request, path: this.#withChroot(request.path) }
    }
    if (plain.operation === 'multi') {
      const parts = plain.request.map((part) => ({ ...part, request: root(part.request) }))
      return { operation: 'multi', request: parts as readonly MultiOperation[] }
    }
    if (!('path' in plain.request)) return plain
    return { ...plain, request: root(plain.request) } as PlainRequest
  }

  #withChroot(path: string): string {
    return path === '/' && this.#chroot !== '' ? this.#chroot : this.#chroot + path
  }

  #withoutChroot(path: string): string {
    if (!path.startsWith(this.#chroot)) return path
    return path.slice(this.#chroot.length) || '/'
  }
}

export interface NodeContent {
  readonly data: Buffer
  readonly stat: Stat
}

export interface NodeChildren {
  readonly children: readonly string[]
  readonly stat: Stat
}

interface Answer {
  readonly resolve: (response: unknown) => void
  readonly reject: (error: BrokerError) => void
}

type PlainRequest = {
  readonly [N in OperationName]: { readonly operation: N; readonly request: RequestOf<N> }
}[OperationName]

/** Why the server refused, or undefined for any other error. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof BrokerError) || error.code !== 'COORDINATION_REJECTED') return undefined
  const { refusal } = error.details
  return typeof refusal === 'string' && refusal in refusals ? (refusal as Refusal) : undefined
}

export function createMode({ ephemeral = false, sequential = false }: CreateOptions): number {
  if (ephemeral) return sequential ? createModes.ephemeralSequential : createModes.ephemeral
  return sequential ? createModes.persistentSequential : createModes.persistent
}

function watchOf(
  { request }: PlainRequest,
  kind: WatchKind | undefined,
): { readonly kind: WatchKind; readonly path: string } | undefined {
  if (kind === undefined || !('watch' in request) || !request.watch) return undefined
  return { kind, path: request.path }
}

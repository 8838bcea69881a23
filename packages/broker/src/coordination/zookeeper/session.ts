import { ByteReader } from '@quorate/core/base/byte-reader'
import { Deque } from '@quorate/core/base/deque'
import { BrokerError, assert, impossible } from '@quorate/core/base/errors'
import type { NetworkAddress } from '@quorate/core/transport/network'
import { HostList } from './host-list.ts'
import { decodeJute, encodeFrame } from './jute.ts'
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
  operations,
  refusalName,
  refusals,
  requestCodec,
  responseCodec,
  xids,
} from './protocol.ts'
import type { OperationName } from './protocol.ts'
import { Patience } from './patience.ts'
import { sessionTransitions } from './session-table.ts'
import type {
  Authentication,
  SessionAction,
  SessionEffect,
  SessionEvent,
  SessionPhase,
  SessionRequest,
} from './session-table.ts'
import { WatchRegistry, watchEventType } from './watch-registry.ts'
import type { WatchKind } from './watch-registry.ts'

export interface SessionOptions {
  readonly hosts: readonly NetworkAddress[]
  /** What we ask for, in milliseconds; the server has the last word. */
  readonly timeoutMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export const sessionLimits = {
  /** Requests sent and not yet answered. */
  inFlightMax: 512,
  watchesMax: 10_000,
  authenticationsMax: 8,
  /** A connection that lived shorter than this counts as a failure for the back-off. */
  stableMs: 1_000,
  closeTimeoutMs: 1_000,
  requestBytesMax: 1024 * 1024 + 64 * 1024,
} as const

interface Pending {
  readonly xid: number
  readonly request: SessionRequest
  readonly sentMs: number
}

/** The id of the kernel's own goodbye; callers use ids from 0. */
const goodbyeId = -1

/**
 * A client session with a ZooKeeper ensemble, without clock or network of its own: events in,
 * effects out.
 *
 * Only the server ends a session: however long we are cut off, we come back with the session's id
 * and password and are told. Requests that were under way when a connection ended have an unknown
 * outcome (CONNECTION_LOST); requests made without a connection were not sent (COORDINATION_LOST).
 */
export class Session {
  readonly #options: SessionOptions
  readonly #hosts: HostList
  readonly #pending = new Deque<Pending>()
  readonly #watches = new WatchRegistry()
  readonly #authentications: Authentication[] = []
  readonly #patience = new Patience()
  #state: SessionPhase = 'idle'
  #effects: SessionEffect[] = []
  #nowMs = 0
  #sessionId = 0n
  #password = Buffer.alloc(16)
  #timeoutMs: number
  #lastZxid = 0n
  #nextXid = 1
  /** When the present state's patience began: waiting, opening, handshaking, closing. */
  #sinceMs = 0
  #waitMs = 0
  #liveSinceMs = 0
  #sentMs = 0
  /** Of the ping that is not answered yet. */
  #pingSentMs: number | undefined
  /** Since when servers accept connections and close them without a word. */
  #refusedSinceMs: number | undefined

  constructor(options: SessionOptions) {
    assert(options.hosts.length > 0, 'a session needs a host')
    this.#options = options
    this.#timeoutMs = options.timeoutMs
    this.#hosts = new HostList(options.hosts, options.random)
  }

  get sessionId(): bigint {
    return this.#sessionId
  }

  /** As negotiated, in milliseconds; before the first connection what we ask for. */
  get timeoutMs(): number {
    return this.#timeoutMs
  }

  get live(): boolean {
    return this.#state === 'live'
  }

  step(event: SessionEvent, nowMs: number): readonly SessionEffect[] {
    this.#nowMs = nowMs
    this.#effects = []
    try {
      this.#act(sessionTransitions[this.#state][event.type], event)
    } catch (error) {
      // Bytes that make no sense end the connection, as silence would.
      if (!(error instanceof BrokerError) || event.type !== 'frame') throw error
      this.#drop(error.message)
    }
    return this.#effects
  }

  #act(action: SessionAction, event: SessionEvent): void {
    if (event.type === 'frame') this.#actOnFrame(action, event.bytes)
    else if (event.type === 'submit') this.#actOnSubmit(action, event.request)
    else if (event.type === 'authenticate') this.#actOnAuthenticate(action, event.authentication)
    else this.#actOnConnection(action, event.type === 'lost' ? event.why : event.type)
  }

  #actOnFrame(action: SessionAction, bytes: Buffer): void {
    if (action === 'welcome') this.#welcome(bytes)
    else if (action === 'receive') this.#receive(bytes)
    else assert(action === 'ignore', `a frame in state ${this.#state}`)
  }

  #actOnSubmit(action: SessionAction, request: SessionRequest): void {
    if (action === 'send') this.#submit(request)
    else this.#reject(request.id, notSent('there is no session with the service'))
  }

  #actOnAuthenticate(action: SessionAction, authentication: Authentication): void {
    if (action === 'ignore') return
    assert(
      this.#authentications.length < sessionLimits.authenticationsMax,
      'a session has few identities',
    )
    this.#authentications.push(authentication)
    if (action === 'authenticate') this.#sendAuthentication(authentication)
  }

  #actOnConnection(action: SessionAction, why: string): void {
    switch (action) {
      case 'open':
        return this.#open()
      case 'shakeHands':
        return this.#shakeHands()
      case 'openFailed':
        return this.#retry()
      case 'handshakeFailed':
        this.#refusedSinceMs ??= this.#nowMs
        return this.#retry()
      case 'liveFailed':
        return this.#lose(why)
      case 'finish':
        return this.#finish('closed', 'the session was closed')
      case 'sayGoodbye':
        return this.#sayGoodbye()
      case 'waitTick':
      case 'connectTick':
      case 'liveTick':
      case 'closeTick':
        return this.#tick(action)
      case 'ignore':
        return
      default:
        impossible(`${why} in state ${this.#state}`)
    }
  }

  #tick(action: 'waitTick' | 'connectTick' | 'liveTick' | 'closeTick'): void {
    const patienceMs = this.#nowMs - this.#sinceMs
    if (action === 'liveTick') {
      this.#keepAlive()
    } else if (action === 'waitTick') {
      if (patienceMs >= this.#waitMs) this.#open()
    } else if (action === 'connectTick') {
      if (patienceMs >= this.#connectTimeoutMs()) this.#drop('the service does not answer')
    } else if (patienceMs >= sessionLimits.closeTimeoutMs) {
      this.#finish('closed', 'the session was closed')
    }
  }

  /** All hosts can be tried within one session timeout. */
  #connectTimeoutMs(): number {
    return Math.max(500, this.#timeoutMs / this.#hosts.size)
  }

  /** A server that has nothing to answer is asked for a sign of life. */
  #keepAlive(): void {
    const patienceMs = this.#patience.ms(this.#timeoutMs)
    const askedMs = this.#pingSentMs ?? this.#pending.peek()?.sentMs
    if (askedMs === undefined) {
      if (this.#nowMs - this.#sentMs < this.#timeoutMs / 8) return
      this.#pingSentMs = this.#nowMs
      this.#sendRequest(xids.ping, { operation: 'ping', request: {} })
    } else if (this.#nowMs - askedMs >= patienceMs) {
      this.#patience.ranOut(patienceMs)
      this.#drop('the service does not answer')
    }
  }

  #open(): void {
    this.#enter('opening')
    this.#effects.push({ type: 'connect', to: this.#hosts.next() })
  }

  #shakeHands(): void {
    this.#enter('handshaking')
    const request = {
      protocolVersion: 0,
      lastZxidSeen: this.#lastZxidToClaim(),
      timeoutMs: this.#options.timeoutMs,
      sessionId: this.#sessionId,
      password: this.#password,
      readOnly: false,
    }
    this.#send(encodeFrame((writer) => ConnectRequest.write(writer, request)))
  }

  /**
   * Servers turn away a client that has seen more than they have. An ensemble that was restored
   * from a backup would do so for ever (W10), so after a session timeout of being turned away we
   * stop claiming; every read that matters is preceded by a sync anyway.
   */
  #lastZxidToClaim(): bigint {
    const since = this.#refusedSinceMs
    if (since !== undefined && this.#nowMs - since > this.#timeoutMs) this.#lastZxid = 0n
    return this.#lastZxid
  }

  #welcome(bytes: Buffer): void {
    const response = decodeJute(ConnectResponse, bytes)
    if (response.timeoutMs <= 0) {
      this.#finish('expired', 'the session expired')
      return
    }
    this.#timeoutMs = response.timeoutMs
    this.#pingSentMs = undefined
    this.#sessionId = response.sessionId
    if (response.password !== null) this.#password = Buffer.from(response.password)
    this.#refusedSinceMs = undefined
    this.#liveSinceMs = this.#nowMs
    this.#enter('live')
    for (const authentication of this.#authentications) this.#sendAuthentication(authentication)
    this.#setWatchesAgain()
    this.#effects.push({ type: 'news', news: 'connected' })
  }

  #setWatchesAgain(): void {
    for (const batch of this.#watches.batches()) {
      const request = { relativeZxid: this.#lastZxid, ...batch }
      this.#sendRequest(xids.setWatches, { operation: 'setWatches', request })
    }
  }

  #submit(request: SessionRequest): void {
    if (this.#pending.length >= sessionLimits.inFlightMax) {
      this.#reject(request.id, limited('too many coordination requests are under way'))
    } else if (request.watch !== undefined && this.#watches.size >= sessionLimits.watchesMax) {
      this.#reject(request.id, limited('too many watches are set'))
    } else {
      const xid = this.#takeXid()
      const bytes = encodeRequest(xid, request)
      if (bytes.length > sessionLimits.requestBytesMax) {
        this.#reject(request.id, new BrokerError('INVALID_ARGUMENT', 'the request is too large'))
        return
      }
      this.#pending.push({ xid, request, sentMs: this.#nowMs })
      this.#send(bytes)
    }
  }

  #takeXid(): number {
    const xid = this.#nextXid
    this.#nextXid = xid === 0x7fff_ffff ? 1 : xid + 1
    return xid
  }

  #receive(bytes: Buffer): void {
    const reader = new ByteReader(bytes)
    const header = ReplyHeader.read(reader)
    if (header.xid === xids.event) {
      this.#heardEvent(reader)
      return
    }
    if (header.zxid > 0n) this.#lastZxid = header.zxid
    if (header.xid === xids.ping) this.#pingSentMs = undefined
    if (header.xid === xids.ping || header.xid === xids.setWatches) return
    if (header.xid === xids.auth) {
      if (header.err !== 0) this.#finish('auth-failed', 'the service refused the identity')
      return
    }
    this.#heardReply(header, reader)
  }

  #heardEvent(reader: ByteReader): void {
    const { type: code, path } = WatcherEvent.read(reader)
    const type = watchEventType(code)
    if (type === undefined) return
    const event = { type, path }
    if (this.#watches.fire(event)) this.#effects.push({ type: 'watch', event })
  }

  #heardReply(header: ReplyHeader, reader: ByteReader): void {
    const pending = this.#pending.peek()
    if (pending === undefined || pending.xid !== header.xid) {
      throw new BrokerError('PROTOCOL_VIOLATION', `a reply to request ${header.xid} out of turn`)
    }
    // Decode first: a reply that does not decode leaves its request among those of unknown outcome.
    const { id, operation, watch } = pending.request
    const response = header.err === 0 ? responseCodec(operation).read(reader) : undefined
    this.#pending.shift()
    this.#patience.answered(this.#nowMs - pending.sentMs)
    if (watch !== undefined) this.#registerWatch(watch, header.err)
    if (id === goodbyeId) this.#finish('closed', 'the session was closed')
    else if (header.err === 0) this.#effects.push({ type: 'resolve', id, response })
    else this.#reject(id, refused(header.err, pending.request))
  }

  /** A watch stands where the read succeeded; `exists` also waits for a node that is not there. */
  #registerWatch(watch: { readonly kind: WatchKind; readonly path: string }, err: number): void {
    if (watch.kind !== 'exists') {
      if (err === 0) this.#watches.add(watch.kind, watch.path)
    } else if (err === 0) {
      this.#watches.add('data', watch.path)
    } else if (err === refusals.NoNode) {
      this.#watches.add('exists', watch.path)
    }
  }

  #sendAuthentication(authentication: Authentication): void {
    this.#sendRequest(xids.auth, { operation: 'auth', request: { type: 0, ...authentication } })
  }

  #sayGoodbye(): void {
    this.#enter('closing')
    const request = { id: goodbyeId, operation: 'closeSession', request: {} } as const
    const xid = this.#takeXid()
    this.#pending.push({ xid, request, sentMs: this.#nowMs })
    this.#send(encodeRequest(xid, request))
  }

  #sendRequest(xid: number, request: Encodable): void {
    this.#send(encodeRequest(xid, request))
  }

  #send(bytes: Buffer): void {
    this.#sentMs = this.#nowMs
    this.#effects.push({ type: 'send', bytes })
  }

  /** We give the connection up. */
  #drop(why: string): void {
    this.#effects.push({ type: 'disconnect', why })
    if (this.#state === 'live') {
      this.#lose(why)
    } else if (this.#state === 'closing') {
      this.#finish('closed', why)
    } else {
      if (this.#state === 'handshaking') this.#refusedSinceMs ??= this.#nowMs
      this.#retry()
    }
  }

  #lose(why: string): void {
    this.#rejectPending(
      () => new BrokerError('CONNECTION_LOST', `${why}; the outcome of the request is unknown`),
    )
    this.#effects.push({ type: 'news', news: 'disconnected' })
    if (this.#nowMs - this.#liveSinceMs >= sessionLimits.stableMs) {
      this.#hosts.succeeded()
      this.#open()
    } else {
      this.#retry()
    }
  }

  #retry(): void {
    this.#waitMs = this.#hosts.failed()
    if (this.#waitMs === 0) this.#open()
    else this.#enter('waiting')
  }

  #finish(news: 'closed' | 'expired' | 'auth-failed', why: string): void {
    this.#enter('over')
    this.#effects.push({ type: 'disconnect', why })
    this.#rejectPending(() => new BrokerError('CONNECTION_LOST', why))
    this.#effects.push({ type: 'news', news })
  }

  #rejectPending(error: () => BrokerError): void {
    for (;;) {
      const pending = this.#pending.shift()
      if (pending === undefined) return
      if (pending.request.id !== goodbyeId) this.#reject(pending.request.id, error())
    }
  }

  #reject(id: number, error: BrokerError): void {
    this.#effects.push({ type: 'reject', id, error })
  }

  #enter(state: SessionPhase): void {
    assert(this.#state !== 'over', 'a session that is over stays so')
    this.#state = state
    this.#sinceMs = this.#nowMs
  }
}

type Encodable = Pick<SessionRequest, 'operation' | 'request'>

function encodeRequest(xid: number, { operation, request }: Encodable): Buffer {
  return encodeFrame((writer) => {
    RequestHeader.write(writer, { xid, operation: operations[operation].code })
    requestCodec<OperationName>(operation).write(writer, request)
  })
}

function refused(err: number, { operation, request }: SessionRequest): BrokerError {
  const path = 'path' in request ? request.path : undefined
  const refusal = refusalName(err)
  const where = path === undefined ? operation : `${operation} ${path}`
  const details = { refusal, operation, path }
  return new BrokerError('COORDINATION_REJECTED', `${where}: ${refusal}`, { details })
}

function notSent(why: string): BrokerError {
  return new BrokerError('COORDINATION_LOST', why)
}

function limited(why: string): BrokerError {
  return new BrokerError('RESOURCE_LIMIT', why)
}

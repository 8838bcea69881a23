import { timingSafeEqual } from 'node:crypto'
import { ByteReader } from '@quorate/core/base/byte-reader'
import type { Log } from '@quorate/core/base/log'
import { decodeJute, encodeFrame } from '../zookeeper/jute.ts'
import type { Jute } from '../zookeeper/jute.ts'
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
  eventTypes,
  operationOf,
  permissions,
  refusals,
  requestCodec,
  responseCodec,
  syncConnected,
  xids,
} from '../zookeeper/protocol.ts'
import type { OperationName, RequestOf } from '../zookeeper/protocol.ts'
import type { WatchEvent } from '../zookeeper/watch-registry.ts'
import { accessLimits, allows, identify } from './access-control.ts'
import type { Identity } from './access-control.ts'
import type { DataTree } from './data-tree.ts'
import { treeLimits } from './decisions.ts'
import { Outbox } from './outbox.ts'
import { RequestProcessor } from './request-processor.ts'
import type { Outcome, TreeRequest, WatchPlace } from './request-processor.ts'
import { SessionClock } from './session-clock.ts'
import type { Transaction } from './transactions.ts'
import { WatchTable } from './watch-table.ts'

/** A connection, as the service sees it. */
export interface Peer {
  readonly address: string
  send(frame: Buffer): void
  /** Takes no more requests until told otherwise. */
  throttle(on: boolean): void
  /** Ends the connection after what was sent. */
  close(): void
}

export interface CoordinationServiceOptions {
  readonly tree: DataTree
  /** Makes a transaction durable; `durable` is to be called when it is. */
  readonly append: (transaction: Transaction) => void
  readonly tickMs: number
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  /** Unpredictable bytes: what proves that a session is one's own. */
  readonly randomBytes: (length: number) => Buffer
  readonly log: Log
}

export const serviceLimits = {
  sessionsMax: 10_000,
  /** Watches of one connection. */
  watchesMax: 10_000,
  /** Replies of one connection that wait for the disk; beyond, it is not read. */
  outstandingMax: 1_000,
  sessionTimeoutMinTicks: 2,
  sessionTimeoutMaxTicks: 120,
} as const

/** As long as ZooKeeper's. */
const PASSWORD_BYTES = 16

interface Client {
  readonly peer: Peer
  /** 0 until the handshake. */
  sessionId: bigint
  identities: readonly Identity[]
  throttled: boolean
  /** Its last frame is on the way; nothing that it asks is heard any more. */
  leaving: boolean
}

/** What ZooKeeper's servers do for their clients, without network, disk or clock of its own. */
export class CoordinationService {
  readonly #options: CoordinationServiceOptions
  readonly #tree: DataTree
  readonly #processor: RequestProcessor
  readonly #clients = new Map<Peer, Client>()
  readonly #clientOfSession = new Map<bigint, Client>()
  readonly #watches = new WatchTable<Client>()
  readonly #outbox: Outbox<Client>
  readonly #sessionClock: SessionClock
  #nextSessionId: bigint

  constructor(options: CoordinationServiceOptions) {
    const { tree, tickMs, monotonicMs, wallMs } = options
    this.#options = options
    this.#tree = tree
    this.#processor = new RequestProcessor(tree, wallMs)
    this.#outbox = new Outbox(tree.lastZxid, (client, frame) => this.#sent(client, frame))
    this.#sessionClock = new SessionClock(tickMs, monotonicMs())
    // Unique over restarts as long as the wall clock moves on; never one that is in use.
    this.#nextSessionId = BigInt(Math.floor(wallMs())) << 16n
    for (const { id } of tree.sessions()) {
      // A restart gives every session its full time again.
      this.#sessionClock.heard(id, monotonicMs())
      if (id >= this.#nextSessionId) this.#nextSessionId = id + 1n
    }
  }

  /** The handshake is done. */
  hasSession(peer: Peer): boolean {
    return (this.#clients.get(peer)?.sessionId ?? 0n) !== 0n
  }

  connected(peer: Peer): void {
    const client = { peer, sessionId: 0n, identities: [], throttled: false, leaving: false }
    this.#clients.set(peer, client)
  }

  /** One whole frame. Throws the errors of malformed ones: the connection is to be closed. */
  received(peer: Peer, frame: Buffer): void {
    const client = this.#clients.get(peer)
    if (client === undefined || client.leaving) return
    if (client.sessionId === 0n) {
      this.#shakeHands(client, decodeJute(ConnectRequest, frame))
      return
    }
    this.#sessionClock.heard(client.sessionId, this.#options.monotonicMs())
    this.#request(client, new ByteReader(frame))
    if (this.#outbox.countOf(client) > serviceLimits.outstandingMax) this.#throttle(client, true)
  }

  disconnected(peer: Peer): void {
    const client = this.#clients.get(peer)
    if (client === undefined) return
    this.#clients.delete(peer)
    this.#watches.removeAll(client)
    this.#outbox.forget(client)
    if (this.#clientOfSession.get(client.sessionId) === client) {
      this.#clientOfSession.delete(client.sessionId)
    }
  }

  /** To be called every tick: ends the sessions that were silent for too long. */
  tick(): void {
    const timeoutOf = (id: bigint) => this.#tree.session(id)?.timeoutMs ?? 0
    for (const id of this.#sessionClock.tick(this.#options.monotonicMs(), timeoutOf)) {
      this.#options.log.info('a coordination session expired', { session: id.toString(16) })
      this.#endSession(id)
    }
  }

  /** Everything up to this zxid is on disk. */
  durable(zxid: bigint): void {
    this.#outbox.release(zxid)
  }

  #shakeHands(client: Client, request: ConnectRequest): void {
    // It has seen a later state than ours; served by us it would see time run backwards.
    if (request.lastZxidSeen > this.#tree.lastZxid) {
      this.#close(client)
    } else if (request.sessionId === 0n) {
      this.#openSession(client, request)
    } else {
      this.#resumeSession(client, request)
    }
  }

  #openSession(client: Client, request: ConnectRequest): void {
    if (this.#tree.sessionCount >= serviceLimits.sessionsMax) {
      this.#options.log.warn('too many coordination sessions', serviceLimits)
      this.#close(client)
      return
    }
    const { tickMs } = this.#options
    const { sessionTimeoutMinTicks, sessionTimeoutMaxTicks } = serviceLimits
    const timeoutMs = Math.min(
      sessionTimeoutMaxTicks * tickMs,
      Math.max(sessionTimeoutMinTicks * tickMs, request.timeoutMs),
    )
    const sessionId = this.#nextSessionId++
    const password = this.#options.randomBytes(PASSWORD_BYTES)
    this.#commit(this.#processor.change({ type: 'createSession', sessionId, timeoutMs, password }))
    this.#welcome(client, request, { sessionId, timeoutMs, password })
  }

  #resumeSession(client: Client, request: ConnectRequest): void {
    const { sessionId } = request
    const session = this.#tree.session(sessionId)
    const password = request.password ?? Buffer.alloc(0)
    const known =
      session !== undefined &&
      password.length === session.password.length &&
      timingSafeEqual(password, session.password)
    if (!known) {
      const expired = {
        protocolVersion: 0,
        timeoutMs: 0,
        sessionId: 0n,
        password: Buffer.alloc(PASSWORD_BYTES),
      }
      client.leaving = true
      this.#push(client, connectFrame(request, expired))
      return
    }
    const previous = this.#clientOfSession.get(sessionId)
    if (previous !== undefined) this.#close(previous)
    this.#welcome(client, request, { sessionId, timeoutMs: session.timeoutMs, password })
  }

  #welcome(
    client: Client,
    request: ConnectRequest,
    session: { readonly sessionId: bigint; readonly timeoutMs: number; readonly password: Buffer },
  ): void {
    client.sessionId = session.sessionId
    this.#clientOfSession.set(session.sessionId, client)
    this.#sessionClock.heard(session.sessionId, this.#options.monotonicMs())
    this.#push(client, connectFrame(request, { protocolVersion: 0, ...session }))
  }

  #request(client: Client, reader: ByteReader): void {
    const { xid, operation: code } = RequestHeader.read(reader)
    const operation = operationOf(code)
    switch (operation) {
      case undefined:
        return this.#reply(client, { xid, err: refusals.Unimplemented })
      case 'ping':
        return this.#reply(client, { xid: xids.ping, err: 0 })
      case 'auth':
        return this.#authenticate(client, xid, requestCodec('auth').read(reader))
      case 'setWatches':
        return this.#setWatches(client, xid, requestCodec('setWatches').read(reader))
      case 'closeSession':
        return this.#goodbye(client, xid)
      default: {
        const request = requestCodec<OperationName>(operation).read(reader)
        return this.#treeRequest(client, xid, { operation, request } as TreeRequest)
      }
    }
  }

  #treeRequest(client: Client, xid: number, asked: TreeRequest): void {
    const { sessionId, identities } = client
    const outcome = this.#processor.handle({ sessionId, identities }, asked)
    if (outcome.watch !== undefined && !this.#watch(client, outcome.watch)) {
      this.#reply(client, { xid, err: refusals.QuotaExceeded })
      return
    }
    this.#commit(outcome)
    const codec: Jute<unknown> = responseCodec<OperationName>(asked.operation)
    const { err, response } = outcome
    this.#reply(client, err === 0 ? { xid, err, codec, response } : { xid, err })
  }

  #authenticate(client: Client, xid: number, { scheme, auth }: RequestOf<'auth'>): void {
    const identity = identify(scheme, auth)
    const full = client.identities.length >= accessLimits.identitiesMax
    if (identity === null || full) {
      client.leaving = true
      this.#reply(client, { xid, err: refusals.AuthFailed })
      return
    }
    if (!client.identities.some(({ id }) => id === identity.id)) {
      client.identities = [...client.identities, identity]
    }
    this.#reply(client, { xid, err: 0 })
  }

  /**
   * The client was elsewhere meanwhile: what changed since is told at once, the rest is watched.
   */
  #setWatches(client: Client, xid: number, request: RequestOf<'setWatches'>): void {
    const { relativeZxid } = request
    for (const path of request.data) {
      const node = this.#tree.node(path)
      if (node === undefined) this.#notify(client, { type: 'deleted', path })
      else if (node.mzxid > relativeZxid) this.#notify(client, { type: 'dataChanged', path })
      else this.#watch(client, { kind: 'data', path })
    }
    for (const path of request.exists) {
      if (this.#tree.node(path) !== undefined) this.#notify(client, { type: 'created', path })
      else this.#watch(client, { kind: 'data', path })
    }
    for (const path of request.children) {
      const node = this.#tree.node(path)
      if (node === undefined) this.#notify(client, { type: 'deleted', path })
      else if (node.pzxid > relativeZxid) this.#notify(client, { type: 'childrenChanged', path })
      else this.#watch(client, { kind: 'children', path })
    }
    this.#reply(client, { xid, err: 0 })
  }

  #goodbye(client: Client, xid: number): void {
    const { sessionId } = client
    this.#commit(this.#processor.change({ type: 'closeSession', sessionId }))
    this.#sessionClock.forget(sessionId)
    client.leaving = true
    this.#reply(client, { xid, err: 0 })
  }

  #endSession(sessionId: bigint): void {
    const client = this.#clientOfSession.get(sessionId)
    this.#sessionClock.forget(sessionId)
    this.#commit(this.#processor.change({ type: 'closeSession', sessionId }))
    if (client !== undefined) this.#close(client)
  }

  #commit(outcome: Outcome): void {
    if (outcome.transaction !== undefined) this.#options.append(outcome.transaction)
    for (const event of outcome.events ?? []) {
      for (const client of this.#watches.fire(event)) {
        // As ZooKeeper does since 3.8.4 (CVE-2024-23944): who may not read it does not hear of it.
        if (allows(event.acl, permissions.read, client.identities)) this.#notify(client, event)
      }
    }
  }

  /** False when the connection has as many watches as it may have. */
  #watch(client: Client, place: WatchPlace): boolean {
    if (place.path.length > treeLimits.pathLengthMax) return false
    if (this.#watches.countOf(client) >= serviceLimits.watchesMax) return false
    this.#watches.add(client, place)
    return true
  }

  #notify(client: Client, { type, path }: WatchEvent): void {
    const event = { type: eventTypes[type], state: syncConnected, path }
    const frame = encodeFrame((writer) => {
      ReplyHeader.write(writer, { xid: xids.event, zxid: -1n, err: 0 })
      WatcherEvent.write(writer, event)
    })
    this.#push(client, frame)
  }

  #reply(
    client: Client,
    reply: {
      readonly xid: number
      readonly err: number
      readonly codec?: Jute<unknown>
      readonly response?: unknown
    },
  ): void {
    const { xid, err, codec, response } = reply
    const frame = encodeFrame((writer) => {
      ReplyHeader.write(writer, { xid, zxid: this.#tree.lastZxid, err })
      codec?.write(writer, response)
    })
    this.#push(client, frame)
  }

  #push(client: Client, frame: Buffer): void {
    this.#outbox.push(client, frame, this.#tree.lastZxid)
  }

  #sent(client: Client, frame: Buffer): void {
    client.peer.send(frame)
    if (client.leaving && this.#outbox.countOf(client) === 0) {
      this.#close(client)
      return
    }
    const few = this.#outbox.countOf(client) <= serviceLimits.outstandingMax / 2
    if (client.throttled && few) this.#throttle(client, false)
  }

  #throttle(client: Client, on: boolean): void {
    if (client.throttled === on) return
    client.throttled = on
    client.peer.throttle(on)
  }

  #close(client: Client): void {
    client.peer.close()
    this.disconnected(client.peer)
  }
}

function connectFrame(
  request: ConnectRequest,
  response: Omit<ConnectResponse, 'readOnly'>,
): Buffer {
  // Clients older than 3.4 send no such field, and expect none.
  const readOnly = request.readOnly === undefined ? undefined : false
  return encodeFrame((writer) => ConnectResponse.write(writer, { ...response, readOnly }))
}

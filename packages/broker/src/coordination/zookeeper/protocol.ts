import type { ByteReader } from '@quorate/core/base/byte-reader'
import type { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'
import { boolean, buffer, int, long, record, trailingBoolean, ustring, vector } from './jute.ts'
import type { Jute, JuteValue } from './jute.ts'

/**
 * The ZooKeeper protocol as one table, read by our client and by our server.
 *
 *   frame      = length:int body
 *   handshake  = ConnectRequest -> ConnectResponse            (no header)
 *   request    = RequestHeader body of the operation
 *   reply      = ReplyHeader [body of the operation, when err is 0]
 *   event      = ReplyHeader with xid -1, then WatcherEvent
 *
 * Replies come in the order of their requests. Apache ZooKeeper 3.4 to 3.9 speak this version.
 */

/** Ids of frames that answer no ordinary request. */
export const xids = { event: -1, ping: -2, auth: -4, setWatches: -8 } as const

/** Rights of an ACL entry. */
export const permissions = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const

/** What a node is created as. Containers and nodes with a time to live are not supported. */
export const createModes = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
} as const

export const eventTypes = {
  none: -1,
  created: 1,
  deleted: 2,
  dataChanged: 3,
  childrenChanged: 4,
} as const

/** The only session state that a server ever puts into an event. */
export const syncConnected = 3

/** A refusal's code on the wire. */
export const refusals = {
  SystemError: -1,
  RuntimeInconsistency: -2,
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidAcl: -114,
  AuthFailed: -115,
  SessionMoved: -118,
  NoWatcher: -121,
  QuotaExceeded: -125,
} as const

export type Refusal = keyof typeof refusals

const refusalNames = new Map<number, Refusal>(
  Object.entries(refusals).map(([name, code]) => [code, name as Refusal]),
)

/** The name of a code, for people too: codes that we do not know keep their number. */
export function refusalName(code: number): Refusal | `code ${number}` {
  return refusalNames.get(code) ?? `code ${code}`
}

export const ConnectRequest = record({
  protocolVersion: int,
  lastZxidSeen: long,
  timeoutMs: int,
  sessionId: long,
  password: buffer,
  readOnly: trailingBoolean,
})

export const ConnectResponse = record({
  protocolVersion: int,
  /** 0 when the session has expired. */
  timeoutMs: int,
  sessionId: long,
  password: buffer,
  readOnly: trailingBoolean,
})

export const RequestHeader = record({ xid: int, operation: int })
export const ReplyHeader = record({ xid: int, zxid: long, err: int })
export const WatcherEvent = record({ type: int, state: int, path: ustring })

export const Acl = record({ permissions: int, id: record({ scheme: ustring, id: ustring }) })

export const Stat = record({
  czxid: long,
  mzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
  pzxid: long,
})

export type Acl = JuteValue<typeof Acl>
export type Stat = JuteValue<typeof Stat>
export type ConnectRequest = JuteValue<typeof ConnectRequest>
export type ConnectResponse = JuteValue<typeof ConnectResponse>
export type ReplyHeader = JuteValue<typeof ReplyHeader>

const nothing = record({})
const PathRequest = record({ path: ustring })
const WatchRequest = record({ path: ustring, watch: boolean })
const CreateRequest = record({ path: ustring, data: buffer, acl: vector(Acl), mode: int })
const DeleteRequest = record({ path: ustring, version: int })
const SetDataRequest = record({ path: ustring, data: buffer, version: int })
const CheckRequest = record({ path: ustring, version: int })
const SetAclRequest = record({ path: ustring, acl: vector(Acl), version: int })
const AuthRequest = record({ type: int, scheme: ustring, auth: buffer })
const SetWatchesRequest = record({
  relativeZxid: long,
  data: vector(ustring),
  exists: vector(ustring),
  children: vector(ustring),
})

const Path = record({ path: ustring })
const PathAndStat = record({ path: ustring, stat: Stat })
const StatOnly = record({ stat: Stat })
const DataAndStat = record({ data: buffer, stat: Stat })
const AclAndStat = record({ acl: vector(Acl), stat: Stat })
const Children = record({ children: vector(ustring) })
const ChildrenAndStat = record({ children: vector(ustring), stat: Stat })

/** The operations that a multi may hold, and their results. */
const multiParts = {
  create: { code: 1, request: CreateRequest, response: Path },
  create2: { code: 15, request: CreateRequest, response: PathAndStat },
  delete: { code: 2, request: DeleteRequest, response: nothing },
  setData: { code: 5, request: SetDataRequest, response: StatOnly },
  check: { code: 13, request: CheckRequest, response: nothing },
} as const

type MultiParts = typeof multiParts
type MultiName = keyof MultiParts

export type MultiOperation = {
  readonly [N in MultiName]: {
    readonly type: N
    readonly request: JuteValue<MultiParts[N]['request']>
  }
}[MultiName]

export type MultiResult =
  | {
      readonly [N in MultiName]: {
        readonly type: N
        readonly response: JuteValue<MultiParts[N]['response']>
      }
    }[MultiName]
  /** All parts of a failed multi are errors; the parts that were not at fault say 0 or -2. */
  | { readonly type: 'error'; readonly err: number }

const errorPart = -1
const MultiHeader = record({ operation: int, done: boolean, err: int })
const ErrorResponse = record({ err: int })
const multiEnd = { operation: errorPart, done: true, err: -1 }
const multiNames = new Map<number, MultiName>(
  (Object.keys(multiParts) as MultiName[]).map((name) => [multiParts[name].code, name]),
)

/** Multi request = ( MultiHeader part-request )* MultiHeader(done) */
const MultiRequest: Jute<readonly MultiOperation[]> = {
  read: (reader) =>
    readParts(reader, (operation) => {
      const type = multiName(operation)
      const request = multiParts[type].request.read(reader)
      return { type, request } as MultiOperation
    }),
  write: (writer, parts) => {
    for (const { type, request } of parts) {
      MultiHeader.write(writer, { operation: multiParts[type].code, done: false, err: -1 })
      const codec: Jute<unknown> = multiParts[type].request
      codec.write(writer, request)
    }
    MultiHeader.write(writer, multiEnd)
  },
}

/** Multi response = ( MultiHeader part-response )* MultiHeader(done) */
const MultiResponse: Jute<readonly MultiResult[]> = {
  read: (reader) =>
    readParts(reader, (operation) => {
      if (operation === errorPart) return { type: 'error', err: ErrorResponse.read(reader).err }
      const type = multiName(operation)
      const response = multiParts[type].response.read(reader)
      return { type, response } as MultiResult
    }),
  write: (writer, results) => {
    for (const result of results) writeResult(writer, result)
    MultiHeader.write(writer, multiEnd)
  },
}

/** One row per operation: its code, what is asked and what is answered. */
export const operations = {
  create: { code: 1, request: CreateRequest, response: Path },
  delete: { code: 2, request: DeleteRequest, response: nothing },
  exists: { code: 3, request: WatchRequest, response: StatOnly },
  getData: { code: 4, request: WatchRequest, response: DataAndStat },
  setData: { code: 5, request: SetDataRequest, response: StatOnly },
  getAcl: { code: 6, request: PathRequest, response: AclAndStat },
  setAcl: { code: 7, request: SetAclRequest, response: StatOnly },
  getChildren: { code: 8, request: WatchRequest, response: Children },
  sync: { code: 9, request: PathRequest, response: Path },
  ping: { code: 11, request: nothing, response: nothing },
  getChildren2: { code: 12, request: WatchRequest, response: ChildrenAndStat },
  multi: { code: 14, request: MultiRequest, response: MultiResponse },
  create2: { code: 15, request: CreateRequest, response: PathAndStat },
  auth: { code: 100, request: AuthRequest, response: nothing },
  setWatches: { code: 101, request: SetWatchesRequest, response: nothing },
  closeSession: { code: -11, request: nothing, response: nothing },
} as const

type Operations = typeof operations
export type OperationName = keyof Operations
export type RequestOf<N extends OperationName> = JuteValue<Operations[N]['request']>
export type ResponseOf<N extends OperationName> = JuteValue<Operations[N]['response']>

const operationNames = new Map<number, OperationName>(
  (Object.keys(operations) as OperationName[]).map((name) => [operations[name].code, name]),
)

/** The operation of a code, or undefined for one that we do not serve. */
export function operationOf(code: number): OperationName | undefined {
  return operationNames.get(code)
}

export function requestCodec<N extends OperationName>(name: N): Jute<RequestOf<N>> {
  return operations[name].request as unknown as Jute<RequestOf<N>>
}

export function responseCodec<N extends OperationName>(name: N): Jute<ResponseOf<N>> {
  return operations[name].response as unknown as Jute<ResponseOf<N>>
}

function readParts<T>(reader: ByteReader, part: (operation: number) => T): readonly T[] {
  const parts: T[] = []
  for (;;) {
    const header = MultiHeader.read(reader)
    if (header.done) return parts
    parts.push(part(header.operation))
  }
}

function writeResult(writer: ByteWriter, result: MultiResult): void {
  if (result.type === 'error') {
    MultiHeader.write(writer, { operation: errorPart, done: false, err: result.err })
    ErrorResponse.write(writer, { err: result.err })
    return
  }
  MultiHeader.write(writer, { operation: multiParts[result.type].code, done: false, err: 0 })
  const codec: Jute<unknown> = multiParts[result.type].response
  codec.write(writer, result.response)
}

function multiName(operation: number): MultiName {
  const name = multiNames.get(operation)
  if (name === undefined) {
    throw new BrokerError('MALFORMED_FRAME', `a multi cannot hold operation ${operation}`)
  }
  return name
}

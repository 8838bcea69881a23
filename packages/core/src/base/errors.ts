/**
 * The error table: every error a user, a peer or an operator can meet has one row here. Classes,
 * protocol mappings, exit codes and the page docs/reference/errors.md derive from it; a test holds
 * the page against the table in both directions.
 */

/** Who is to blame, roughly: decides how an error is logged and counted. */
export type ErrorKind =
  'caller' | 'protocol' | 'security' | 'resource' | 'storage' | 'cluster' | 'internal'

/** What an error ends: one operation, or everything up to the whole broker. */
export type ErrorScope = 'operation' | 'session' | 'connection' | 'destination' | 'broker'

/** Whether trying again helps: never, with this broker later, or with another broker. */
export type Retry = 'no' | 'same' | 'other'

interface Row {
  readonly kind: ErrorKind
  readonly scope: ErrorScope
  readonly retryable: Retry
  /** Exception class an OpenWire client is given. */
  readonly javaClass: string
  /** Exit code of the command line. */
  readonly exitCode: number
  /** One sentence for the reference page. */
  readonly meaning: string
}

const JMS = 'javax.jms.JMSException'
const IO = 'java.io.IOException'
const ILLEGAL_STATE = 'javax.jms.IllegalStateException'
const RESOURCE = 'javax.jms.ResourceAllocationException'
const SECURITY = 'java.lang.SecurityException'

function row(
  [kind, scope, retryable]: readonly [ErrorKind, ErrorScope, Retry],
  javaClass: string,
  exitCode: number,
  meaning: string,
): Row {
  return { kind, scope, retryable, javaClass, exitCode, meaning }
}

export const errorTable = {
  INVALID_ARGUMENT: row(['caller', 'operation', 'no'], JMS, 2, 'An argument is not acceptable.'),
  INVALID_SELECTOR: row(
    ['caller', 'operation', 'no'],
    'javax.jms.InvalidSelectorException',
    2,
    'A message selector cannot be parsed or is not supported.',
  ),
  INVALID_DESTINATION: row(
    ['caller', 'operation', 'no'],
    'javax.jms.InvalidDestinationException',
    4,
    'The destination does not exist or cannot be used this way.',
  ),
  DESTINATION_IN_USE: row(
    ['caller', 'operation', 'no'],
    JMS,
    6,
    'The destination or subscription still has consumers.',
  ),
  INVALID_CLIENT_ID: row(
    ['caller', 'connection', 'no'],
    'javax.jms.InvalidClientIDException',
    6,
    'The client id is missing or in use by another connection.',
  ),
  ILLEGAL_STATE: row(
    ['caller', 'session', 'no'],
    ILLEGAL_STATE,
    6,
    'The operation does not fit the state of its connection, session or transaction.',
  ),
  TRANSACTION_ROLLED_BACK: row(
    ['caller', 'operation', 'same'],
    'javax.jms.TransactionRolledBackException',
    6,
    'The transaction is unknown or was rolled back.',
  ),
  MALFORMED_FRAME: row(
    ['protocol', 'connection', 'no'],
    IO,
    1,
    'Bytes from a peer do not decode as the protocol demands.',
  ),
  PROTOCOL_VIOLATION: row(
    ['protocol', 'connection', 'no'],
    IO,
    1,
    'A well-formed command arrived where the protocol does not allow it.',
  ),
  UNSUPPORTED_VERSION: row(
    ['protocol', 'connection', 'no'],
    IO,
    1,
    'The peer speaks no version of the protocol that we speak.',
  ),
  UNSUPPORTED: row(['caller', 'operation', 'no'], JMS, 1, 'The feature is not supported.'),
  FRAME_TOO_LARGE: row(
    ['protocol', 'connection', 'no'],
    IO,
    1,
    'A frame is larger than the negotiated maximum.',
  ),
  NOT_AUTHENTICATED: row(
    ['security', 'connection', 'no'],
    SECURITY,
    3,
    'The peer did not prove who it is.',
  ),
  NOT_AUTHORIZED: row(
    ['security', 'operation', 'no'],
    SECURITY,
    3,
    'The user may not do this with this destination.',
  ),
  RESOURCE_LIMIT: row(
    ['resource', 'operation', 'same'],
    RESOURCE,
    5,
    'A named limit of the broker is reached.',
  ),
  CONNECTION_LIMIT: row(
    ['resource', 'connection', 'other'],
    IO,
    5,
    'The listener has as many connections as it may have.',
  ),
  INACTIVITY_TIMEOUT: row(
    ['resource', 'connection', 'same'],
    IO,
    5,
    'The peer was silent for longer than the negotiated inactivity duration.',
  ),
  REQUEST_TIMEOUT: row(
    ['resource', 'operation', 'same'],
    IO,
    5,
    'No answer arrived in time; the outcome is unknown.',
  ),
  CONNECTION_LOST: row(
    ['resource', 'connection', 'same'],
    IO,
    5,
    'The connection ended before the answer; the outcome is unknown.',
  ),
  STORE_FULL: row(['storage', 'broker', 'other'], IO, 5, 'The disk has no space left.'),
  STORE_UNAVAILABLE: row(
    ['storage', 'broker', 'other'],
    IO,
    5,
    'The store cannot be opened, read or written.',
  ),
  STORE_IN_USE: row(
    ['storage', 'broker', 'no'],
    IO,
    6,
    'The data directory is in use by another process.',
  ),
  JOURNAL_CORRUPT: row(
    ['storage', 'broker', 'other'],
    IO,
    7,
    'A journal segment holds bytes that were once valid and are not any more.',
  ),
  INDEX_CORRUPT: row(
    ['storage', 'broker', 'other'],
    IO,
    7,
    'The LevelDB index is damaged or does not match the journal; it is dropped and rebuilt.',
  ),
  UNSUPPORTED_FORMAT: row(
    ['storage', 'broker', 'no'],
    IO,
    7,
    'A file was written by a version with formats that this one does not know.',
  ),
  NOT_LEADER: row(
    ['cluster', 'connection', 'other'],
    IO,
    5,
    'This broker does not lead; another one serves clients.',
  ),
  LEADERSHIP_LOST: row(
    ['cluster', 'connection', 'other'],
    IO,
    5,
    'Leadership ended while the operation was under way; its outcome is unknown.',
  ),
  STALE_EPOCH: row(
    ['cluster', 'broker', 'no'],
    IO,
    5,
    'A frame belongs to a leadership that is over.',
  ),
  DIVERGED: row(
    ['cluster', 'broker', 'no'],
    IO,
    7,
    'The log disagrees with the cluster below what was committed; nothing was cut.',
  ),
  FOREIGN_CLUSTER: row(
    ['cluster', 'broker', 'no'],
    IO,
    6,
    'The data directory or peer belongs to another cluster.',
  ),
  COORDINATION_LOST: row(
    ['cluster', 'broker', 'same'],
    IO,
    5,
    'The coordination service does not answer or rejected the session.',
  ),
  COORDINATION_REJECTED: row(
    ['cluster', 'operation', 'no'],
    IO,
    5,
    'The coordination service refused the operation.',
  ),
  SHUTTING_DOWN: row(['cluster', 'connection', 'other'], IO, 5, 'The broker is stopping.'),
  CONFIG_INVALID: row(
    ['caller', 'broker', 'no'],
    JMS,
    2,
    'An option or configuration file is not valid.',
  ),
  ADDRESS_IN_USE: row(
    ['resource', 'broker', 'no'],
    IO,
    6,
    'A port that the broker needs is taken.',
  ),
  INTERNAL: row(['internal', 'connection', 'same'], JMS, 1, 'A bug of ours.'),
} satisfies Record<string, Row>

export type ErrorCode = keyof typeof errorTable

export interface ErrorOptions {
  readonly cause?: unknown
  /** Facts for logs and `--json`; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The one error class: its code is the row of the table that everything else follows from. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  get kind(): ErrorKind {
    return errorTable[this.code].kind
  }

  get scope(): ErrorScope {
    return errorTable[this.code].scope
  }

  get retryable(): Retry {
    return errorTable[this.code].retryable
  }

  get javaClass(): string {
    return errorTable[this.code].javaClass
  }

  get exitCode(): number {
    return errorTable[this.code].exitCode
  }
}

/** A broken assumption of ours. Storage, replication and election stop the broker on it. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantViolation(why)
}

/** For the cells of a transition table that can never be reached. */
export function impossible(why: string): never {
  throw new InvariantViolation(why)
}

const codeByErrno: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EIO: 'STORE_UNAVAILABLE',
  EROFS: 'STORE_UNAVAILABLE',
  EACCES: 'STORE_UNAVAILABLE',
  EADDRINUSE: 'ADDRESS_IN_USE',
  ECONNRESET: 'CONNECTION_LOST',
  ECONNREFUSED: 'CONNECTION_LOST',
  EPIPE: 'CONNECTION_LOST',
  ETIMEDOUT: 'CONNECTION_LOST',
}

/** The errno name of a Node error ('ENOSPC'), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Turns anything that was thrown into a BrokerError, keeping it as the cause. Never throws. */
export function toBrokerError(error: unknown, fallback: ErrorCode = 'INTERNAL'): BrokerError {
  if (error instanceof BrokerError) return error
  const errno = errnoOf(error)
  const code = (errno === undefined ? undefined : codeByErrno[errno]) ?? fallback
  const message = error instanceof Error ? error.message : String(error)
  return new BrokerError(code, message, { cause: error })
}

import { BrokerError } from '@quorate/core/base/errors'
import type { Bootstrap, LastRecord, LeaderHint, Member, Seat } from './coordinator.ts'

/**
 * The JSON that the coordination service holds. Whoever can write to the service can write
 * nonsense, so every decoder checks types, ranges and lengths, ignores fields it does not know (a
 * newer version may have written them), and answers null for anything else.
 */

/** No string, list or number of a decoded document exceeds these. */
export const stateLimits = {
  stringLengthMax: 1024,
  clientUrisMax: 32,
  seatsMax: 15,
  /** Far above any epoch that elections can reach, far below what a number can hold exactly. */
  epochMax: 2 ** 48,
  documentBytesMax: 64 * 1024,
} as const

/** The value of /epoch: who was given the number, and the nonce that tells two tries apart. */
export interface EpochRegister {
  readonly e: number
  readonly owner: string
  readonly nonce: string
}

/** ActiveMQ's member document, in its order; read by people and scripts only. */
export interface CompatibleMember {
  readonly id: string
  readonly container: string | null
  readonly address: string | null
  readonly position: number
  readonly weight: number
  readonly elected: string | null
}

type Fields = Readonly<Record<string, unknown>>

export function encodeState(
  value: Member | Bootstrap | LeaderHint | EpochRegister | CompatibleMember,
): Buffer {
  const bytes = Buffer.from(JSON.stringify(value))
  if (bytes.length > stateLimits.documentBytesMax) {
    throw new BrokerError('INVALID_ARGUMENT', `a document of ${bytes.length} bytes is too large`)
  }
  return bytes
}

export function decodeMember(bytes: Buffer): Member | null {
  const fields = parseObject(bytes)
  if (fields === null) return null
  const last = lastRecord(fields['last'])
  const clientUris = strings(fields['clientUris'])
  if (last === null || clientUris === null) return null
  const { nodeId, storeUuid, replicationAddress, state, build } = fields
  const { empty, suspect, consoleUrl, clusterId, position, weight } = fields
  if (!isText(nodeId) || !isText(storeUuid) || !isText(replicationAddress)) return null
  if (!isText(state) || !isText(build)) return null
  if (typeof empty !== 'boolean' || typeof suspect !== 'boolean') return null
  if (!isTextOrNull(consoleUrl) || !isTextOrNull(clusterId)) return null
  if (!isCount(position) || !isInteger(weight)) return null
  return {
    nodeId,
    storeUuid,
    empty,
    replicationAddress,
    clientUris,
    consoleUrl: isWebAddress(consoleUrl) ? consoleUrl : null,
    state,
    last,
    position,
    weight,
    suspect,
    build,
    clusterId,
  }
}

export function decodeBootstrap(bytes: Buffer): Bootstrap | null {
  const fields = parseObject(bytes)
  if (fields === null) return null
  const { clusterId, electorate } = fields
  const seats = decodeSeats(fields['seats'])
  if (!isText(clusterId) || seats === null) return null
  if (electorate === undefined) return { clusterId, seats }
  const voters = decodeSeats(electorate)
  return voters?.length === seats.length ? { clusterId, seats, electorate: voters } : null
}

function decodeSeats(value: unknown): (Seat | null)[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > stateLimits.seatsMax)
    return null
  const decoded: (Seat | null)[] = []
  for (const item of value as readonly unknown[]) {
    const seat = item === null ? null : decodeSeat(item)
    if (seat === undefined) return null
    decoded.push(seat)
  }
  return decoded
}

export function decodeLeader(bytes: Buffer): LeaderHint | null {
  const fields = parseObject(bytes)
  if (fields === null) return null
  const { epoch, nodeId } = fields
  const clientUris = strings(fields['clientUris'])
  if (!isEpoch(epoch) || !isText(nodeId) || clientUris === null) return null
  return { epoch, nodeId, clientUris }
}

export function decodeEpoch(bytes: Buffer): EpochRegister | null {
  const fields = parseObject(bytes)
  if (fields === null) return null
  const { e, owner, nonce } = fields
  if (!isEpoch(e) || !isText(owner) || !isText(nonce)) return null
  return { e, owner, nonce }
}

export function decodeCompatibleMember(bytes: Buffer): CompatibleMember | null {
  const fields = parseObject(bytes)
  if (fields === null) return null
  const { id, container, address, position, weight, elected } = fields
  if (!isText(id) || !isTextOrNull(container ?? null) || !isTextOrNull(address ?? null)) return null
  if (!isTextOrNull(elected ?? null) || !isInteger(position) || !isInteger(weight)) return null
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const named = { id, container: text(container), address: text(address) }
  return { ...named, position, weight, elected: text(elected) }
}

function decodeSeat(value: unknown): Seat | undefined {
  if (!isObject(value)) return undefined
  const { nodeId, storeUuid } = value
  return isText(nodeId) && isText(storeUuid) ? { nodeId, storeUuid } : undefined
}

function lastRecord(value: unknown): LastRecord | null {
  if (!isObject(value)) return null
  const { epoch, index } = value
  return isCount(epoch) && isCount(index) ? { epoch, index } : null
}

function parseObject(bytes: Buffer): Fields | null {
  if (bytes.length > stateLimits.documentBytesMax) return null
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function strings(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > stateLimits.clientUrisMax) return null
  const items = value as readonly unknown[]
  return items.every(isText) ? items : null
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= stateLimits.stringLengthMax
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value)
}

/** It becomes a link in a browser. */
function isWebAddress(value: string | null): boolean {
  if (value === null || !URL.canParse(value)) return false
  return ['http:', 'https:'].includes(new URL(value).protocol)
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isCount(value: unknown): value is number {
  return isInteger(value) && value >= 0
}

function isEpoch(value: unknown): value is number {
  return isCount(value) && value <= stateLimits.epochMax
}

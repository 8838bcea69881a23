import type { ByteReader } from '@quorate/core/base/byte-reader'
import type { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'

/**
 * A voter: this node with this store. A wiped disk makes a new store, hence another voter, so that
 * it can never stand in for what it forgot (R1, R40).
 */
export interface Voter {
  readonly nodeId: string
  readonly storeUuid: string
}

/**
 * Who votes. The number of seats never changes, occupied or not: a vacant seat counts as a failed
 * voter, so the quorum is a matter of the configuration and never of who is online.
 */
export interface ClusterConfig {
  /** Rises by one with every change. */
  readonly version: number
  readonly seats: readonly (Voter | null)[]
}

/** Of the configuration that a cluster is founded with. */
export const FOUNDING_VERSION = 1

/** Seats of the largest cluster that can be configured. */
export const SEATS_MAX = 5

/** Q = floor(N / 2) + 1. */
export function quorumOf(config: ClusterConfig): number {
  return Math.floor(config.seats.length / 2) + 1
}

export function isVoter(config: ClusterConfig | null, storeUuid: string): boolean {
  return config !== null && config.seats.some((seat) => seat?.storeUuid === storeUuid)
}

export function voters(config: ClusterConfig): Voter[] {
  return config.seats.filter((seat) => seat !== null)
}

/** The configuration with one seat changed: the only kind of change there is (R39). */
export function withSeat(config: ClusterConfig, seat: number, voter: Voter | null): ClusterConfig {
  return { version: config.version + 1, seats: config.seats.with(seat, voter) }
}

export function sameConfig(a: ClusterConfig | null, b: ClusterConfig | null): boolean {
  if (a === null || b === null) return a === b
  if (a.version !== b.version || a.seats.length !== b.seats.length) return false
  return a.seats.every((seat, i) => seat?.storeUuid === b.seats[i]?.storeUuid)
}

/**
 * ```
 * config = version u64, seats u8, seat*
 * seat   = occupied u8 [nodeId string16, storeUuid string16]
 * ```
 */
export function writeConfig(writer: ByteWriter, config: ClusterConfig): void {
  writer.uint53(config.version).uint8(config.seats.length)
  for (const seat of config.seats) {
    writer.boolean(seat !== null)
    if (seat !== null) writer.string16(seat.nodeId).string16(seat.storeUuid)
  }
}

export function readConfig(reader: ByteReader): ClusterConfig {
  const version = reader.uint53()
  const count = reader.uint8()
  if (count === 0 || count > SEATS_MAX) {
    throw new BrokerError('MALFORMED_FRAME', `a configuration cannot have ${count} seats`)
  }
  const seats: (Voter | null)[] = []
  for (let i = 0; i < count; i++) {
    const occupied = reader.boolean()
    seats.push(occupied ? { nodeId: reader.string16(), storeUuid: reader.string16() } : null)
  }
  return { version, seats }
}

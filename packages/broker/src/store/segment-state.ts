import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'

/**
 * The first record of every segment but the very first: everything that is known where it stands
 * besides the waiting messages, so that the log may begin right there. Whoever begins there takes
 * the state from it; for everybody else it says what they know already.
 *
 * ```
 *   format u8 = 1, n u32, replication's part n bytes (replication/carried-state.ts),
 *   the fold's part to the end of the payload (fold/fold-state.ts)
 * ```
 */
export const SEGMENT_STATE = 3

const FORMAT = 1

export interface SegmentState {
  readonly replication: Buffer
  readonly fold: Buffer
}

export function encodeSegmentState({ replication, fold }: SegmentState): readonly Buffer[] {
  return [new ByteWriter(5).uint8(FORMAT).uint32(replication.length).finish(), replication, fold]
}

/** Slices of the payload. Throws UNSUPPORTED_FORMAT or MALFORMED_FRAME. */
export function decodeSegmentState(payload: Buffer): SegmentState {
  const reader = new ByteReader(payload)
  const format = reader.uint8()
  if (format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `a segment begins with a state of format ${format}`)
  }
  return { replication: reader.lengthPrefixed(), fold: reader.slice(reader.remaining) }
}

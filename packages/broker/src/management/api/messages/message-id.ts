import { BrokerError } from '@quorate/core/base/errors'
import type { Placed } from '../../../engine/dispatch/entry.ts'

/** Characters of a message's id in this API. */
export const MESSAGE_ID_CHARS_MAX = 40

/**
 * A message by its place in its queue: `1042`, the sequence of a stored message, which stays what
 * it is when another node leads; `1042-3` for one that is not stored, and lives with its leader.
 */
export function messageIdText({ place, turn }: Placed): string {
  return turn === 0 ? `${place}` : `${place}-${turn}`
}

/** Throws INVALID_ARGUMENT for what is none. */
export function messageIdIn(text: string): Placed {
  const match = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text)
  const place = Number(match?.[1])
  const turn = Number(match?.[2] ?? 0)
  if (match !== null && Number.isSafeInteger(place) && Number.isSafeInteger(turn)) {
    return { place, turn }
  }
  throw new BrokerError('INVALID_ARGUMENT', 'This is no id of a message: a number, or two and "-".')
}

/** Sequences of stored messages, all that can be changed one by one. */
export function sequencesIn(texts: readonly string[]): number[] {
  const ids = texts.map(messageIdIn)
  if (ids.every(({ turn }) => turn === 0)) return ids.map(({ place }) => place)
  const why = 'Messages that are not stored can only be purged, not taken out one by one.'
  throw new BrokerError('INVALID_ARGUMENT', why)
}

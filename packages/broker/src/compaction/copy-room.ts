/** How full the store of the leader is, as it counts it for new messages (R37). */
export interface StoreRoom {
  /** Free on the disk; null while that is unknown. */
  readonly freeBytes: number | null
  readonly headRoomBytes: number
  /** The head-room is touched, or the limit reached. */
  readonly isShort: boolean
}

/**
 * Of the head-room, what copies may take: the rest is for acknowledgements, the index, and what
 * replicas tell each other.
 */
export const COPY_HEAD_ROOM_SHARE = 1 / 2

/**
 * Bytes that copies may write before what they set free is gone from the disk: what is free above a
 * part of the head-room. A disk that is short of space is what compaction is for, so it goes on
 * then; and while there is more, what does not fit is not begun, for no byte of it would come back
 * before its end, and senders would have to wait meanwhile. `lacksSpace` alone: followers are short
 * that are needed; nobody knows by how much, but their head-rooms are like ours.
 */
export function copyRoomOf(room: StoreRoom, lacksSpace: boolean): number {
  const { freeBytes, headRoomBytes, isShort } = room
  const own = (freeBytes ?? Infinity) - headRoomBytes * (1 - COPY_HEAD_ROOM_SHARE)
  const onlyOthersAreShort = lacksSpace && !isShort
  return onlyOthersAreShort ? Math.min(own, headRoomBytes * COPY_HEAD_ROOM_SHARE) : own
}

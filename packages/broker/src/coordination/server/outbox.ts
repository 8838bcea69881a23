import { Deque } from '@quorate/core/base/deque'

interface Held<Peer> {
  readonly peer: Peer
  readonly frame: Buffer
  readonly zxid: bigint
}

/**
 * Frames in the order in which they were decided, each held back until the state that it tells of
 * is on disk: a reply to a read may tell of a write that a crash could still undo.
 */
export class Outbox<Peer> {
  readonly #held = new Deque<Held<Peer>>()
  readonly #counts = new Map<Peer, number>()
  readonly #send: (peer: Peer, frame: Buffer) => void
  #durableZxid: bigint

  constructor(durableZxid: bigint, send: (peer: Peer, frame: Buffer) => void) {
    this.#durableZxid = durableZxid
    this.#send = send
  }

  /** Frames held for one peer. */
  countOf(peer: Peer): number {
    return this.#counts.get(peer) ?? 0
  }

  push(peer: Peer, frame: Buffer, zxid: bigint): void {
    if (this.#held.length === 0 && zxid <= this.#durableZxid) {
      this.#send(peer, frame)
      return
    }
    this.#held.push({ peer, frame, zxid })
    this.#counts.set(peer, this.countOf(peer) + 1)
  }

  /** Everything up to this zxid is on disk. */
  release(zxid: bigint): void {
    this.#durableZxid = zxid
    for (;;) {
      const next = this.#held.peek()
      if (next === undefined || next.zxid > zxid) return
      this.#held.shift()
      const count = this.#counts.get(next.peer)
      if (count === undefined) continue
      this.#counts.set(next.peer, count - 1)
      this.#send(next.peer, next.frame)
    }
  }

  /** The peer is gone: what is held for it is dropped when its turn comes. */
  forget(peer: Peer): void {
    this.#counts.delete(peer)
  }
}

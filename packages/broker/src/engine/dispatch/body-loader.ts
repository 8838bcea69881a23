import { Deque } from '@quorate/core/base/deque'
import {
  FETCHES_MAX,
  FETCH_ENTRIES_MAX,
  SHED_VISITS_MAX,
  SHORT_ENTRIES_MAX,
} from '../policy/limits.ts'
import type { Dispatcher, TurnWork } from './dispatcher.ts'
import type { WindowSpace } from './window-space.ts'

/** A list whose bodies are loaded from the journal. */
export interface Loadable {
  /** It waits for its turn to load. Owned by the loader. */
  awaitsLoad: boolean
  /** Somebody has room for its messages now. */
  readonly isNeeded: boolean
  /** A fetch of its own is under way. */
  readonly isFetching: boolean
  /** Whether there is something to load. */
  lacksBodies(): boolean
  /**
   * Loads what comes next, and tells the loader when that is there; false when there is nothing.
   */
  fetch(entriesMax: number): boolean
  /** Its turn went by, nothing was loaded. */
  passedOver(): void
  /** Gives up what it has at hand and can read again. */
  shed(): void
}

/**
 * Loads the bodies of all lists in turns, first come, first served: few fetches are under way at a
 * time, since they share libuv's threads with the log's syncs, and what is loaded and not handed
 * out is bounded in sum. A list loads ahead of need only while there is room. One whose messages
 * are wanted now takes the room of lists for which nobody has any; and where there is none to take,
 * it goes on all the same, alone and with little, so that nothing stands still: what is loaded then
 * is handed out before the next one begins.
 */
export class BodyLoader implements TurnWork {
  marked = false
  readonly #space: WindowSpace
  readonly #dispatcher: Pick<Dispatcher, 'mark'>
  /** Each list once. While there are some, a fetch is under way, or this is marked. */
  readonly #waiting = new Deque<Loadable>()
  /** Lists that have something at hand, those that were looked at longest ago first. */
  readonly #holders = new Set<Loadable>()
  #underWay = 0

  constructor(space: WindowSpace, dispatcher: Pick<Dispatcher, 'mark'>) {
    this.#space = space
    this.#dispatcher = dispatcher
  }

  /** At once where nobody waits and there is room, else when it is the list's turn. */
  request(list: Loadable, isNeeded: boolean): void {
    if (!isNeeded && !this.#space.hasRoom) return
    if (this.#waiting.length === 0 && this.#start(list, isNeeded) !== 'wait') return
    if (!list.lacksBodies()) return
    list.awaitsLoad = true
    this.#waiting.push(list)
  }

  /** A fetch is done. Who waits goes on when what it brought has been handed out. */
  finished(): void {
    this.#underWay--
    if (this.#waiting.length > 0) this.#dispatcher.mark(this)
  }

  dispatch(): void {
    for (let list = this.#waiting.peek(); list !== undefined; list = this.#waiting.peek()) {
      const outcome = this.#start(list, list.isNeeded)
      if (outcome === 'wait') return
      this.#waiting.shift()
      list.awaitsLoad = false
      if (outcome === 'nothing') list.passedOver()
    }
  }

  /** The list has something at hand that others may ask it to give up. */
  hold(list: Loadable): void {
    this.#holders.add(list)
  }

  /** It has nothing any more. */
  release(list: Loadable): void {
    this.#holders.delete(list)
  }

  #start(list: Loadable, isNeeded: boolean): 'started' | 'nothing' | 'wait' {
    if (this.#underWay >= FETCHES_MAX) return 'wait'
    const { hasRoom } = this.#space
    if (!hasRoom) {
      if (!isNeeded || !list.lacksBodies()) return 'nothing'
      this.#shedOthers()
      if (!this.#space.hasRoom && this.#underWay > 0) return 'wait'
    }
    // Of what others gave up no more than may be wanted now: they will want it back.
    if (!list.fetch(hasRoom ? FETCH_ENTRIES_MAX : SHORT_ENTRIES_MAX)) return 'nothing'
    this.#underWay++
    return 'started'
  }

  #shedOthers(): void {
    let visits = 0
    for (const list of this.#holders) {
      if (visits++ === SHED_VISITS_MAX || this.#space.hasRoom) return
      this.#holders.delete(list)
      if (list.isNeeded || list.isFetching) this.#holders.add(list)
      else list.shed()
    }
  }
}

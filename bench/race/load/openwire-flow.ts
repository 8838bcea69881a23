import type { MessageCommand } from '@quorate/core/openwire/commands'
import { Bodies } from '../../store-depth/load/bodies.ts'
import { Receiver } from '../../store-depth/load/receiver.ts'
import { Sender } from '../../store-depth/load/sender.ts'
import type { FlowTask, LoadAnswer } from './load-task.ts'
import { Stretch, answerOf } from './stretch.ts'
import { Durations } from './durations.ts'
import type { OpenWirePlace } from './openwire-place.ts'
import { SEED, madeQueues } from './openwire-send.ts'

const STAMP_BYTES = 8
const LOOK_EVERY_MS = 1

/** A body begins with the moment at which its send was due. */
export async function flow(place: OpenWirePlace, task: FlowTask): Promise<LoadAnswer> {
  const { queue, window, prefetch, acknowledgeEvery } = task
  await madeQueues(place, { queue, queues: 1 })
  const stretch = new Stretch(task)
  const durations = new Durations()
  const onMessage = ({ content }: MessageCommand): void => {
    if (stretch.counts) durations.add(performance.now() - (content?.readDoubleBE() ?? Number.NaN))
  }
  const receiver = new Receiver({ ...place.next(), queue, prefetch, acknowledgeEvery, onMessage })
  receiver.expect(Number.POSITIVE_INFINITY)
  const schedule = new Schedule(task.ratePerSecond)
  const bodies = new StampedBodies(task.bytes, schedule)
  const sender = new Sender({ ...place.next(), queues: [queue], bodies, window })
  const timer = setInterval(() => sender.allow(schedule.moreDue()), LOOK_EVERY_MS)
  const used = await stretch.pass()
  clearInterval(timer)
  await sender.halt()
  await receiver.acknowledge()
  sender.close()
  receiver.close()
  return answerOf(durations.count, used, durations.times())
}

/** When sends are due; without a rate, all of them now. */
class Schedule {
  readonly #ratePerSecond: number
  readonly #beganMs = performance.now()
  #due = 0

  constructor(ratePerSecond: number) {
    this.#ratePerSecond = ratePerSecond
  }

  /** Since it was asked last. */
  moreDue(): number {
    if (this.#ratePerSecond === 0) return Number.POSITIVE_INFINITY
    const elapsedMs = performance.now() - this.#beganMs
    const due = 1 + Math.floor((elapsedMs * this.#ratePerSecond) / 1000)
    const more = due - this.#due
    this.#due = due
    return more
  }

  /** Of the n-th, from 1 on. */
  dueMs(n: number): number {
    if (this.#ratePerSecond === 0) return performance.now()
    return this.#beganMs + ((n - 1) * 1000) / this.#ratePerSecond
  }
}

class StampedBodies {
  readonly #bodies: Bodies
  readonly #schedule: Schedule

  constructor(bytes: number, schedule: Schedule) {
    if (bytes < STAMP_BYTES) throw new Error(`${bytes} bytes hold no moment`)
    this.#bodies = new Bodies({ bytes, seed: SEED, spread: 0 })
    this.#schedule = schedule
  }

  body(n: number): Buffer {
    const body = Buffer.from(this.#bodies.body(n))
    body.writeDoubleBE(this.#schedule.dueMs(n))
    return body
  }
}

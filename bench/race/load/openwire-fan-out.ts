import { Bodies } from '../../store-depth/load/bodies.ts'
import { Receiver } from '../../store-depth/load/receiver.ts'
import { Sender } from '../../store-depth/load/sender.ts'
import type { FanOutTask, LoadAnswer } from './load-task.ts'
import { Stretch, answerOf } from './stretch.ts'
import { Durations } from './durations.ts'
import type { OpenWirePlace } from './openwire-place.ts'
import { SEED } from './openwire-send.ts'

/** What ActiveMQ's client asks for on topics, and how often it acknowledges there (DUPS_OK). */
const TOPIC_PREFETCH = 32_766
const ACKNOWLEDGE_EVERY = TOPIC_PREFETCH / 2

export async function fanOut(place: OpenWirePlace, task: FanOutTask): Promise<LoadAnswer> {
  const topic = `topic://${task.topic}`
  const stretch = new Stretch(task)
  const durations = new Durations()
  let delivered = 0
  const onMessage = (): void => {
    if (stretch.counts) delivered++
  }
  const shape = {
    queue: topic,
    prefetch: TOPIC_PREFETCH,
    acknowledgeEvery: ACKNOWLEDGE_EVERY,
    onMessage,
  }
  const receivers = Array.from({ length: task.subscribers }, () => {
    return new Receiver({ ...place.next(), ...shape })
  })
  for (const receiver of receivers) receiver.expect(Number.POSITIVE_INFINITY)
  const sender = new Sender({
    ...place.next(),
    queues: [topic],
    bodies: new Bodies({ bytes: task.bytes, seed: SEED, spread: 0 }),
    window: task.window,
    onConfirmed: (sentMs) => {
      if (stretch.counts) durations.add(performance.now() - sentMs)
    },
  })
  sender.allow(Number.POSITIVE_INFINITY)
  const used = await stretch.pass()
  await sender.halt()
  sender.close()
  for (const receiver of receivers) receiver.close()
  return answerOf(delivered, used, durations.times())
}

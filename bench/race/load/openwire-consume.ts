import { Receiver } from '../../store-depth/load/receiver.ts'
import type { ConsumeTask, LoadAnswer } from './load-task.ts'
import { answerOf, using } from './stretch.ts'
import type { Used } from './stretch.ts'
import type { OpenWirePlace } from './openwire-place.ts'

export async function consume(place: OpenWirePlace, task: ConsumeTask): Promise<LoadAnswer> {
  const { queue, prefetch, acknowledgeEvery, count } = task
  const since: { first?: () => Used } = {}
  const onMessage = (): void => {
    since.first ??= using()
  }
  const shape = { queue, prefetch, acknowledgeEvery, onMessage }
  const receiver = new Receiver({ ...place.next(), ...shape })
  await receiver.receive(count)
  await receiver.acknowledge()
  if (since.first === undefined) throw new Error('there was nothing to consume')
  const answer = answerOf(count, since.first(), null)
  receiver.close()
  return answer
}

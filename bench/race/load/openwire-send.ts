import { Bodies } from '../../store-depth/load/bodies.ts'
import { Sender } from '../../store-depth/load/sender.ts'
import type { FillTask, LoadAnswer, SendTask } from './load-task.ts'
import { Stretch, answerOf, using } from './stretch.ts'
import { Durations } from './durations.ts'
import { changeQueues } from './openwire-destinations.ts'
import { IdleConnections } from './openwire-idle.ts'
import type { OpenWirePlace } from './openwire-place.ts'

const FILL_WINDOW = 1000
export const SEED = 1

export async function send(place: OpenWirePlace, task: SendTask): Promise<LoadAnswer> {
  const queues = await madeQueues(place, task)
  const idle = await IdleConnections.open(place, task.idle)
  const bodies = new Bodies({ bytes: task.bytes, seed: SEED, spread: 0 })
  const stretch = new Stretch(task)
  const durations = new Durations()
  const onConfirmed = (sentMs: number): void => {
    if (stretch.counts) durations.add(performance.now() - sentMs)
  }
  const { window } = task
  const senders = Array.from({ length: task.senders }, () => {
    return new Sender({ ...place.next(), queues, bodies, window, onConfirmed })
  })
  for (const sender of senders) sender.allow(Number.POSITIVE_INFINITY)
  const used = await stretch.pass()
  await Promise.all(senders.map((sender) => sender.halt()))
  for (const sender of senders) sender.close()
  idle.close()
  return answerOf(durations.count, used, durations.times())
}

export async function fill(place: OpenWirePlace, task: FillTask): Promise<LoadAnswer> {
  const queues = await madeQueues(place, task)
  const bodies = new Bodies({ bytes: task.bytes, seed: SEED, spread: 0 })
  const used = using()
  const sender = new Sender({ ...place.next(), queues, bodies, window: FILL_WINDOW })
  await sender.send(task.count)
  const answer = answerOf(task.count, used(), null)
  sender.close()
  return answer
}

export async function madeQueues(
  place: OpenWirePlace,
  { queue, queues }: { readonly queue: string; readonly queues: number },
): Promise<readonly string[]> {
  const names = queues === 1 ? [queue] : Array.from({ length: queues }, (_, at) => `${queue}.${at}`)
  const [refusal] = await changeQueues(place, 'add', names)
  if (refusal !== undefined) throw new Error(`no queue ${refusal.queue}: ${refusal.why}`)
  return names
}

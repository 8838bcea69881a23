/** Queues as streams: names and settings, nothing that talks to a server. */

export interface StreamConfig {
  readonly name: string
  readonly subjects: readonly string[]
  readonly retention: 'workqueue' | 'interest'
  readonly storage: 'file'
  readonly num_replicas: number
}

const REPLICAS = 3

/**
 * One queue is a stream with one subject. Many queues are one stream with a subject for each: that
 * is how JetStream is meant to be used for many destinations, while each stream is a Raft group
 * of its own, and 10,000 of them more than a cluster would make in reasonable time.
 */
export function queueStream(queue: string, queues: number): StreamConfig {
  return streamOf(queues === 1 ? queue : allBelow(queue), 'workqueue')
}

/**
 * Keeps messages only for the consumers that it has. A topic's subscribers are none, so nothing
 * piles up, as with any broker whose topic has no durable subscribers.
 */
export function topicStream(topic: string): StreamConfig {
  return streamOf(topic, 'interest')
}

/** Where this queue may be: in a stream of its own, or in one with its siblings. */
export function streamNamesOf(queue: string): string[] {
  const sibling = /^(.+)\.\d+$/.exec(queue)?.[1]
  const own = streamName(queue)
  return sibling === undefined ? [own] : [own, streamName(allBelow(sibling))]
}

/** `NAME`, or `NAME.0` to `NAME.(queues - 1)`. */
export function subjectsOf(queue: string, queues: number): string[] {
  if (queues === 1) return [queue]
  return Array.from({ length: queues }, (_, at) => `${queue}.${at}`)
}

function streamOf(subject: string, retention: StreamConfig['retention']): StreamConfig {
  return {
    name: streamName(subject),
    subjects: [subject],
    retention,
    storage: 'file',
    num_replicas: REPLICAS,
  }
}

function allBelow(queue: string): string {
  return `${queue}.*`
}

/** A stream's name must not have what separates subjects, wildcards, blanks or directories. */
function streamName(subject: string): string {
  return subject.replaceAll('*', 'ALL').replaceAll(/[\s.>/\\]/g, '_')
}

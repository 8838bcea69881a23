/** What a destination is. Temporary ones live and die with the connection that made them. */
export type DestinationKind = 'queue' | 'topic' | 'temp-queue' | 'temp-topic'

/** A destination as clients name it. Two names are equal when kind and name are. */
export interface DestinationName {
  readonly kind: DestinationKind
  readonly name: string
}

const schemes: Readonly<Record<DestinationKind, string>> = {
  queue: 'queue://',
  topic: 'topic://',
  'temp-queue': 'temp-queue://',
  'temp-topic': 'temp-topic://',
}

/** `queue://ORDERS`: the form that logs, tools and ActiveMQ's own surfaces show. */
export function formatDestination(destination: DestinationName): string {
  return schemes[destination.kind] + destination.name
}

export function isQueueLike(kind: DestinationKind): boolean {
  return kind === 'queue' || kind === 'temp-queue'
}

export function isTemporary(kind: DestinationKind): boolean {
  return kind === 'temp-queue' || kind === 'temp-topic'
}

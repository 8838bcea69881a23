import type { DestinationName } from '@quorate/core/model/destination'
import type { Client } from '../client.ts'
import { Backlog } from '../dispatch/backlog.ts'
import type { BacklogPort } from '../dispatch/backlog.ts'
import type { DestinationPolicy } from '../policy/destination-policy.ts'

/** A queue, or a temporary one: a name for a backlog. */
export class Queue {
  /** Number in the log and of the list; 0 for a temporary queue, which is in no log. */
  readonly id: number
  readonly destination: DestinationName
  readonly backlog: Backlog
  /** The connection that a temporary queue lives and dies with. */
  readonly owner: Client | null
  /** Subscriptions, browsers included. */
  consumers = 0
  /** Takes no messages and no consumers any more. */
  removing = false

  constructor(
    port: BacklogPort,
    name: { readonly id: number; readonly destination: DestinationName },
    owner: Client | null,
  ) {
    this.id = name.id
    this.destination = name.destination
    this.owner = owner
    this.backlog = new Backlog(port, name.destination, name.id)
  }

  get policy(): DestinationPolicy {
    return this.backlog.policy
  }
}

import type { Command } from '@quorate/core/openwire/commands'
import { TypeId, create } from '@quorate/core/openwire/commands'
import { LoadConnection, destinationNamed } from '../../store-depth/load/load-connection.ts'
import type { LoadRole } from '../../store-depth/load/load-connection.ts'
import type { OpenWirePlace } from './openwire-place.ts'

/** `DestinationInfo.operationType`. */
const operationTypes = { add: 0, remove: 1 } as const
export type DestinationOperation = keyof typeof operationTypes

export interface Refusal {
  readonly queue: string
  readonly why: string
}

/** Command ids are places in the list above this; introductions stay below. */
const REQUEST_IDS_FROM = 1_000_000
const REQUESTS_AT_ONCE = 100

/** Has the broker make or remove these queues, and answers what it refused. */
export async function changeQueues(
  place: OpenWirePlace,
  operation: DestinationOperation,
  queues: readonly string[],
): Promise<readonly Refusal[]> {
  return new Promise((resolve) => {
    new DestinationRequests({ place, operation, queues, answered: resolve }).begin()
  })
}

interface RequestsOptions {
  readonly place: OpenWirePlace
  readonly operation: DestinationOperation
  readonly queues: readonly string[]
  readonly answered: (refusals: readonly Refusal[]) => void
}

class DestinationRequests implements LoadRole {
  readonly #options: RequestsOptions
  readonly #connection: LoadConnection
  readonly #unanswered = new Set<number>()
  readonly #refusals: Refusal[] = []
  #asked = 0

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#connection = new LoadConnection({ ...options.place.next(), role: this })
  }

  begin(): void {
    this.#connection.open()
  }

  introduction(): readonly [] {
    return []
  }

  onUp(): void {
    for (const at of this.#unanswered) this.#ask(at)
    this.onBatchEnd()
  }

  onDown(): void {
    // What is unanswered is asked again when another broker is found.
  }

  onCommand(command: Command): void {
    if (command.type !== TypeId.Response && command.type !== TypeId.ExceptionResponse) return
    const at = command.correlationId - REQUEST_IDS_FROM
    if (!this.#unanswered.delete(at) || command.type === TypeId.Response) return
    const why = command.exception?.message ?? 'no reason'
    this.#refusals.push({ queue: this.#options.queues[at] ?? '', why })
  }

  onBatchEnd(): void {
    if (!this.#connection.isUp) return
    const { queues, answered } = this.#options
    while (this.#asked < queues.length && this.#unanswered.size < REQUESTS_AT_ONCE) {
      this.#unanswered.add(this.#asked)
      this.#ask(this.#asked++)
    }
    if (this.#unanswered.size > 0) return
    this.#connection.close()
    answered(this.#refusals)
  }

  #ask(at: number): void {
    this.#connection.append(
      create('DestinationInfo', {
        commandId: REQUEST_IDS_FROM + at,
        responseRequired: true,
        connectionId: create('ConnectionId', { value: this.#connection.id }),
        destination: destinationNamed(this.#options.queues[at] ?? ''),
        operationType: operationTypes[this.#options.operation],
      }),
    )
  }
}

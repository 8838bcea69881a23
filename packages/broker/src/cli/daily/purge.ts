import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import { toBrokerError } from '@quorate/core/base/errors'
import type { BrokerError } from '@quorate/core/base/errors'
import type { ApiClient } from '../api/api-client.ts'
import { countIn, textIn } from '../api/api-values.ts'
import { destinationPath, destinationsNamed } from '../api/destinations.ts'
import { CountProgress } from '../count-progress.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { untilInterrupted } from '../reading.ts'
import { counted } from '../shown-bytes.ts'
import { printable } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { isConfirmed } from './confirmation.ts'

export interface PurgeRequest {
  /** Names of queues, with wildcards. */
  readonly words: readonly string[]
  readonly yes: boolean
}

interface Purged {
  readonly queue: string
  count: number
  /** Nothing of what was there when it began is left, but for what a consumer has. */
  isDone: boolean
}

interface Pass {
  readonly api: ApiClient
  readonly signal: AbortSignal
  readonly onCount: (count: number) => void
}

async function purgeOne(queue: DestinationName, purged: Purged, pass: Pass): Promise<void> {
  while (!pass.signal.aborted) {
    const answer = await pass.api.change('POST', `${destinationPath(queue)}/messages/purge`, {})
    const count = countIn(answer, 'count') ?? 0
    purged.count += count
    pass.onCount(count)
    purged.isDone = answer.isMore !== true
    // Where nothing was deleted, what is left is with consumers, and asking again changes nothing.
    if (purged.isDone || count === 0) return
  }
}

/** Deletes what waits in queues, and says how many messages that were of each. */
export async function purge(request: PurgeRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const items = await destinationsNamed(api, 'queue', request.words)
  const total = items.reduce((sum, item) => sum + (countIn(item, 'pending') ?? 0), 0)
  const where =
    items.length === 1 && items[0] !== undefined
      ? printable(textIn(items[0], 'destination'))
      : counted(items.length, 'queue')
  const question = `Delete ${counted(total, 'message')} of ${where}?`
  if (!(await isConfirmed(terminal, question, request.yes))) return EXIT_OK
  const progress = new CountProgress(terminal, { thing: 'messages', total, isWanted: !json })
  const all: Purged[] = []
  let done = 0
  let failure: BrokerError | null = null
  const exitCode = await untilInterrupted(async (signal) => {
    const onCount = (count: number): void => progress.reached((done += count))
    for (const item of items) {
      const queue = { kind: 'queue', name: textIn(item, 'name') } as const
      if (signal.aborted) return EXIT_INTERRUPTED
      const purged = { queue: formatDestination(queue), count: 0, isDone: false }
      all.push(purged)
      try {
        await purgeOne(queue, purged, { api, signal, onCount })
      } catch (error) {
        failure = toBrokerError(error)
        return failure.exitCode
      }
    }
    return signal.aborted ? EXIT_INTERRUPTED : EXIT_OK
  })
  progress.close()
  report(all, work)
  if (failure !== null) throw failure as BrokerError
  return exitCode
}

/** What is gone is told whatever else went wrong. */
function report(all: readonly Purged[], { terminal, json }: Work): void {
  if (json) {
    printJson(terminal, { queues: all })
    return
  }
  for (const { queue, count, isDone } of all) {
    const rest = isDone ? '' : '; there are more'
    terminal.out(`${printable(queue)}: ${counted(count, 'message')} deleted${rest}\n`)
  }
}

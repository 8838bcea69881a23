import type { Call, HistoryEvent } from '../../support/history/events.ts'
import type { ProgramEvent } from '../../support/ndjson-process.ts'

/**
 * What a client program printed, as an event of the history; null for what is none, as `ready`.
 * Programs print the fields of the vocabulary under their own names, those of a call beside it:
 * `{"t":1.5,"e":"invoke","client":"producer-0","op":1,"type":"send","message":"0:1",...}`.
 */
export function historyEventOf(line: ProgramEvent): HistoryEvent | null {
  const { t, e, ...fields } = line
  switch (e) {
    case 'invoke': {
      const { client, op, ...call } = fields
      const begun = { kind: e, atMs: t, client: String(client), op: Number(op) } as const
      return { ...begun, call: call as unknown as Call }
    }
    case 'ok':
    case 'fail':
    case 'unknown':
    case 'receive':
    case 'interrupted':
    case 'resumed':
      return { kind: e, atMs: t, ...fields } as unknown as HistoryEvent
    default:
      return null
  }
}

import type { StoreStatus, TemporaryStatus } from '../management/broker-status.ts'
import type { NodePicture } from './cluster-picture.ts'
import { shownBytes } from './shown-bytes.ts'
import type { Colors } from './terminal.ts'
import type { Cell } from './text-table.ts'
import { printable } from './text-table.ts'

/** How full a store is; '-' for a broker that does not tell. */
export function storeCell(store: StoreStatus | null, colors: Colors): Cell {
  if (store === null) return { text: '-' }
  const text = `${store.percentUsed}%`
  return store.isShort ? { text: `${text} full`, paint: colors.yellow } : { text }
}

/** What is wrong with the space of nodes that answer, and what it stops; one line each. */
export function storeLines(nodes: readonly NodePicture[]): string[] {
  return nodes.flatMap(({ nodeId, status }) => {
    const store = status?.store
    if (store === null || store === undefined) return []
    const name = printable(nodeId)
    const lines: string[] = temporaryLines(name, status?.flow?.temporary)
    if (store.isShort) lines.push(`${name}: no space for new messages: ${figuresOf(store)}`)
    if (store.blocksSenders) {
      const why = store.isShort ? '' : ', no quorum without followers that have no space'
      lines.push(`${name}: senders of persistent messages wait${why}`)
    }
    return lines
  })
}

/** Non-persistent messages on the disk; '[]' of a broker that has none, or does not tell. */
function temporaryLines(name: string, temporary: TemporaryStatus | null | undefined): string[] {
  if (temporary === null || temporary === undefined) return []
  const { usedBytes, limitBytes, isFull, lostMessages } = temporary
  const figures = `${shownBytes(usedBytes)}, limit ${shownBytes(limitBytes)}`
  const lines: string[] = []
  if (usedBytes > 0)
    lines.push(`${name}: non-persistent messages in the temporary store: ${figures}`)
  if (isFull) lines.push(`${name}: the temporary store takes nothing, messages stay in memory`)
  if (lostMessages > 0) {
    lines.push(`${name}: ${lostMessages} non-persistent messages could not be read back`)
  }
  return lines
}

function figuresOf({ usedBytes, limitBytes, freeBytes, headRoomBytes }: StoreStatus): string {
  const log = `${shownBytes(usedBytes)} of log, limit ${shownBytes(limitBytes)}`
  if (freeBytes === null) return log
  return `${log}; ${shownBytes(freeBytes)} free, ${shownBytes(headRoomBytes)} are kept`
}

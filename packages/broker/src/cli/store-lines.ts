import type { StoreStatus } from '../management/broker-status.ts'
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
    const lines: string[] = []
    if (store.isShort) lines.push(`${name}: no space for new messages: ${figuresOf(store)}`)
    if (store.blocksSenders) {
      const why = store.isShort ? '' : ', no quorum without followers that have no space'
      lines.push(`${name}: senders of persistent messages wait${why}`)
    }
    return lines
  })
}

function figuresOf({ usedBytes, limitBytes, freeBytes, headRoomBytes }: StoreStatus): string {
  const log = `${shownBytes(usedBytes)} of log, limit ${shownBytes(limitBytes)}`
  if (freeBytes === null) return log
  return `${log}; ${shownBytes(freeBytes)} free, ${shownBytes(headRoomBytes)} are kept`
}

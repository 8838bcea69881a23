import { systemClock } from '@quorate/core/base/clock'
import { systemEntropy } from '@quorate/core/base/entropy'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { printable } from '../text-table.ts'
import { BrokerConnection } from './broker-connection.ts'
import type { ConnectionOptions } from './broker-connection.ts'

/** Opens a connection over TCP; what it notes are lines for people. */
export function connect(
  options: Omit<ConnectionOptions, 'note'>,
  { tell, label }: { readonly tell: (line: string) => void; readonly label: string },
): BrokerConnection {
  const note = (text: string): void => tell(printable(label + text))
  const ports = { network: tcpNetwork, clock: systemClock, random: () => systemEntropy.random() }
  return new BrokerConnection({ ...options, note }, ports)
}

/** What stands before the notes of one connection of several. */
export function labelOf(at: number, parallel: number): string {
  return parallel === 1 ? '' : `${at + 1}: `
}

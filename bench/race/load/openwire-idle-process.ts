/**
 * Idle connections in a process of their own, beside a Java client to which each would be a thread
 * or two. Arguments: address, count. Says "ready" when all are open; ends with its standard input.
 */
import { once } from 'node:events'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { IdleConnections } from './openwire-idle.ts'
import { OpenWirePlace } from './openwire-place.ts'

const [address = '', count = '0'] = process.argv.slice(2)
process.stdin.resume()
const ended = once(process.stdin, 'end')
await IdleConnections.open(new OpenWirePlace(address), Number(count))
process.stdout.write(`${JSON.stringify({ t: monotonicNowMs(), e: 'ready' })}\n`)
await ended
process.exit(0)

import { createServer } from 'node:net'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'

/** Offsets that `auto` tries: 0, 10, 20, ... */
const OFFSET_STEP = 10
/** Port offsets that are tried before giving up. */
const OFFSETS_MAX = 180

/** True when this port of the loopback interface can be listened on now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (errnoOf(error) === 'EADDRINUSE' || errnoOf(error) === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

export async function takenPorts(ports: readonly number[]): Promise<number[]> {
  const taken: number[] = []
  for (const port of ports) if (!(await isFree(port))) taken.push(port)
  return taken
}

/** The first offset at which all ports are free. */
export async function findOffset(portsAt: (offset: number) => readonly number[]): Promise<number> {
  for (let step = 0; step < OFFSETS_MAX; step++) {
    const offset = step * OFFSET_STEP
    if ((await takenPorts(portsAt(offset))).length === 0) return offset
  }
  throw new BrokerError('ADDRESS_IN_USE', '--port-offset auto: no offset has all ports free')
}

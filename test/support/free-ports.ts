import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports below the range that Linux hands to outgoing connections (32768 up). A broker that is down
 * must get its own port back: from the ephemeral range a client that keeps trying could be given
 * the very port it is connecting to, or another connection could sit on it.
 */
const FIRST_PORT = 20_000
const PORT_COUNT = 12_000
const PORTS_PER_PROCESS = 100

function* candidates(): Generator<number, never> {
  // Test files run as parallel processes: each starts in its own hundred.
  let offset = (process.pid * PORTS_PER_PROCESS) % PORT_COUNT
  for (;;) {
    yield FIRST_PORT + offset
    offset = (offset + 1) % PORT_COUNT
  }
}

const remaining = candidates()

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen({ host: '127.0.0.1', port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** Free loopback ports, each handed out once in this process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tried = 0; ports.length < count; tried++) {
    if (tried === PORT_COUNT) throw new Error(`no ${count} free loopback ports`)
    const port = remaining.next().value
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free loopback port')
  return port
}

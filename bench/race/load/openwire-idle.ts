import type { Command } from '@quorate/core/openwire/commands'
import { TypeId, create } from '@quorate/core/openwire/commands'
import { LoadConnection } from '../../store-depth/load/load-connection.ts'
import type { LoadRole } from '../../store-depth/load/load-connection.ts'
import type { OpenWirePlace } from './openwire-place.ts'

/** As ActiveMQ's client has them by default. */
const MAX_INACTIVITY_MS = 30_000
const KEEP_ALIVE_MS = 10_000
/** Not all say that they are alive at the same moment. */
const GROUPS = 100
const OPENING_AT_ONCE = 50
/** The session whose answer tells that the broker took the connection; the first needs none. */
const ASKED_SESSION = 2

/** Connections that say nothing but that they are there. */
export class IdleConnections {
  readonly #connections: IdleConnection[] = []
  readonly #timer: NodeJS.Timeout
  #turn = 0

  private constructor() {
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS / GROUPS)
  }

  /** Resolves when brokers took so many. */
  static async open(place: OpenWirePlace, count: number): Promise<IdleConnections> {
    const all = new IdleConnections()
    const openSome = async (): Promise<void> => {
      while (all.#connections.length < count) {
        const connection = new IdleConnection(place)
        all.#connections.push(connection)
        await connection.taken
      }
    }
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome))
    return all
  }

  close(): void {
    clearInterval(this.#timer)
    for (const connection of this.#connections) connection.close()
  }

  #keepAlive(): void {
    for (let at = this.#turn; at < this.#connections.length; at += GROUPS) {
      this.#connections[at]?.keepAlive()
    }
    this.#turn = (this.#turn + 1) % GROUPS
  }
}

class IdleConnection implements LoadRole {
  readonly taken: Promise<void>
  readonly #connection: LoadConnection
  #take: () => void = () => undefined
  #askedId = 0

  constructor(place: OpenWirePlace) {
    this.taken = new Promise((resolve) => (this.#take = resolve))
    this.#connection = new LoadConnection({
      ...place.next(),
      role: this,
      maxInactivityMs: MAX_INACTIVITY_MS,
    })
    this.#connection.open()
  }

  keepAlive(): void {
    this.#connection.append(create('KeepAliveInfo', {}))
    this.#connection.flush()
  }

  close(): void {
    this.#connection.close()
  }

  introduction(): readonly [] {
    return []
  }

  onUp(): void {
    const { id } = this.#connection
    this.#askedId = this.#connection.nextCommandId()
    this.#connection.append(
      create('SessionInfo', {
        commandId: this.#askedId,
        responseRequired: true,
        sessionId: create('SessionId', { connectionId: id, value: ASKED_SESSION }),
      }),
    )
  }

  onDown(): void {
    // The connection looks for another broker.
  }

  onCommand(command: Command): void {
    if (command.type === TypeId.ExceptionResponse) {
      throw new Error(`an idle connection was refused: ${command.exception?.message ?? ''}`)
    }
    if (command.type === TypeId.Response && command.correlationId === this.#askedId) this.#take()
  }

  onBatchEnd(): void {
    // Nothing is collected.
  }
}

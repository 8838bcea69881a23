import { randomUUID } from 'node:crypto'

/** Where brokers are, and a name of its own for each connection to them. */
export class OpenWirePlace {
  readonly #ports: readonly number[]
  readonly #run = randomUUID()
  #connections = 0

  /** `failover:(tcp://127.0.0.1:1,...)?...`, all on this machine. */
  constructor(address: string) {
    this.#ports = portsOf(address)
  }

  /** For one further connection. */
  next(): { readonly id: string; readonly ports: readonly number[] } {
    return { id: `ID:race-${this.#run}-${++this.#connections}`, ports: this.#ports }
  }
}

/** Throws an Error for another machine: our lean client knows this one only. */
export function portsOf(address: string): number[] {
  const uris = /^failover:\((.*?)\)/.exec(address)?.[1]?.split(',') ?? [address]
  return uris.map((uri) => {
    const port = /^tcp:\/\/127\.0\.0\.1:(\d+)/.exec(uri)?.[1]
    if (port === undefined) throw new Error(`${uri} is no tcp://127.0.0.1:PORT`)
    return Number(port)
  })
}

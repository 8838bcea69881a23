import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ConsoleUser } from '../../config/console-user.ts'
import { dialedHost, formatHostPort } from '../../config/host-port.ts'
import { Gate } from './access/gate.ts'
import { ClusterElections } from './cluster/cluster-elections.ts'
import { ClusterReports } from './cluster/cluster-reports.ts'
import { builtConsole, ConsoleFiles } from './console/console-files.ts'
import { consoleRoutes } from './console/console-routes.ts'
import { EventStreams } from './events/event-streams.ts'
import { createApplication } from './http/application.ts'
import { MANAGEMENT_CONNECTIONS_MAX } from './http/limits.ts'
import type { ManagedBroker } from './managed-broker.ts'
import { allRoutes } from './routes/all-routes.ts'

export interface ManagementOptions {
  /** Interface to listen on; loopback unless the operator decides otherwise. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** Who may log in; nobody has to where there are none. */
  readonly users: readonly ConsoleUser[]
  readonly broker: ManagedBroker
  /** Where the built pages of the console are; those of this package by default. */
  readonly consoleDirectory?: string
  readonly clock: Clock
  readonly log: Log
}

/** The HTTP API of one broker, in every role; docs/management-api.md tells how it is used. */
export class ManagementApi {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string
  readonly #app: FastifyInstance
  readonly #streams: EventStreams

  private constructor(app: FastifyInstance, streams: EventStreams) {
    this.#app = app
    this.#streams = streams
    this.url = urlOf(app.server.address() as AddressInfo)
  }

  /** Listens. Throws ADDRESS_IN_USE when the port is taken. */
  static async start(options: ManagementOptions): Promise<ManagementApi> {
    const { host, port, users, broker, clock, log } = options
    const gate = new Gate(users, { clock, log })
    const streams = new EventStreams(broker, clock)
    const files = new ConsoleFiles(options.consoleDirectory ?? builtConsole)
    const routes = [...consoleRoutes(files), ...allRoutes]
    const reports = new ClusterReports(broker, clock)
    const elections = new ClusterElections(broker, clock)
    const parts = { routes, broker, gate, streams, reports, elections, clock, log }
    const app = await createApplication(parts)
    const { server } = app
    server.maxConnections = MANAGEMENT_CONNECTIONS_MAX
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen({ host, port }, resolve)
      })
    } catch (error) {
      throw listenError(error, host, port)
    }
    server.on('error', (error) => log.warn('the HTTP API cannot accept a connection', { error }))
    return new ManagementApi(app, streams)
  }

  /** Streams of events that are open. */
  get eventStreams(): number {
    return this.#streams.size
  }

  /** Whoever is still connected is cut off. */
  async stop(): Promise<void> {
    this.#streams.stop()
    this.#app.server.closeAllConnections()
    await this.#app.close()
  }
}

function listenError(error: unknown, host: string, port: number): BrokerError {
  const details = { host, port }
  if (errnoOf(error) === 'EADDRINUSE') {
    const message = `console port ${host}:${port} (consolePort) is taken by another process`
    return new BrokerError('ADDRESS_IN_USE', message, { cause: error, details })
  }
  if (errnoOf(error) === 'EADDRNOTAVAIL' || errnoOf(error) === 'ENOTFOUND') {
    const message = `the HTTP API cannot listen at ${host} (consoleHost): no address of this machine`
    return new BrokerError('CONFIG_INVALID', message, { cause: error, details })
  }
  return toBrokerError(error)
}

/** Where this machine reaches it, also when it listens on all interfaces. */
function urlOf({ address, port }: AddressInfo): string {
  return `http://${formatHostPort({ host: dialedHost(address), port })}`
}

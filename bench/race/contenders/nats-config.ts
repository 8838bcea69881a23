export interface NatsServerPlace {
  readonly port: number
  readonly routePort: number
  readonly monitorPort: number
  readonly directory: string
}

/** The servers' own default, or to disk before anything is confirmed. */
export type NatsSync = 'as-shipped' | 'always'

/** A server is named by its address, so that a leader's name tells where to connect to. */
export function serverName({ port }: NatsServerPlace): string {
  return `127.0.0.1:${port}`
}

/** One server of the cluster of all of them; everything that is not named here is as shipped. */
export function serverConfig(
  place: NatsServerPlace,
  all: readonly NatsServerPlace[],
  sync: NatsSync,
): string {
  const routes = all.map(({ routePort }) => `"nats://127.0.0.1:${routePort}"`)
  return [
    `server_name: "${serverName(place)}"`,
    `listen: "127.0.0.1:${place.port}"`,
    `http: "127.0.0.1:${place.monitorPort}"`,
    jetStreamConfig(place.directory, sync),
    'cluster {',
    '  name: "race"',
    `  listen: "127.0.0.1:${place.routePort}"`,
    `  routes: [${routes.join(', ')}]`,
    '}',
    '',
  ].join('\n')
}

export function jetStreamConfig(directory: string, sync: NatsSync): string {
  const always = sync === 'always' ? ['  sync_interval: always'] : []
  return ['jetstream {', `  store_dir: ${JSON.stringify(directory)}`, ...always, '}'].join('\n')
}

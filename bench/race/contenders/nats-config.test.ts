import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jetStreamConfig, serverConfig } from './nats-config.ts'

const places = [1, 2, 3].map((n) => ({
  port: 4000 + n,
  routePort: 5000 + n,
  monitorPort: 6000 + n,
  directory: `/data/n${n}`,
}))

describe('the configuration of a NATS server', () => {
  it('names a server by its address and routes to all of the cluster', () => {
    const [, second] = places
    assert.ok(second)
    assert.equal(
      serverConfig(second, places, 'as-shipped'),
      `server_name: "127.0.0.1:4002"
listen: "127.0.0.1:4002"
http: "127.0.0.1:6002"
jetstream {
  store_dir: "/data/n2"
}
cluster {
  name: "race"
  listen: "127.0.0.1:5002"
  routes: ["nats://127.0.0.1:5001", "nats://127.0.0.1:5002", "nats://127.0.0.1:5003"]
}
`,
    )
  })

  it('syncs always only when it is asked to', () => {
    assert.doesNotMatch(jetStreamConfig('/data', 'as-shipped'), /sync/)
    assert.match(jetStreamConfig('/data', 'always'), /^ {2}sync_interval: always$/m)
  })
})

import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { destinationMetrics } from '../../../../src/management/api/metrics/destination-metrics.ts'
import { nodeMetrics } from '../../../../src/management/api/metrics/node-metrics.ts'

const names = [...nodeMetrics, ...destinationMetrics].map(({ name }) => name)

describe('the dashboard for Grafana', () => {
  it('asks for metrics that exist, and for nothing else', () => {
    const path = new URL('../../../../../../docs/grafana/quorate-dashboard.json', import.meta.url)
    const text = readFileSync(path, 'utf8')
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }
    assert.ok(panels.length > 10)
    const asked = new Set(text.match(/\bquorate_\w+/g))
    for (const name of asked) assert.ok(names.includes(name), name)
    for (const { targets } of panels) for (const { expr } of targets) assert.match(expr, /quorate_/)
  })

  it('finds each metric under one name that tells its unit', () => {
    assert.equal(new Set(names).size, names.length)
    for (const { name, type, help } of [...nodeMetrics, ...destinationMetrics]) {
      assert.match(name, /^quorate_[a-z]+(_[a-z]+)*$/)
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      assert.ok(!/_(ms|milliseconds|kb|mb)$/.test(name), name)
      assert.match(help, /\.$/)
    }
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NO_PENDING_LIMIT, defaultPolicy } from '@quorate/broker/engine/policy/destination-policy'
import type {
  DestinationPolicy,
  PolicyEntry,
} from '@quorate/broker/engine/policy/destination-policy'
import { compileJava, javaMissing, runJava } from '../../support/java.ts'
import { MemoryBroker } from '../../support/memory-broker.ts'

const scenarios = fileURLToPath(new URL('./java', import.meta.url))
const shared = fileURLToPath(new URL('../jms/java', import.meta.url))

const memoryLimitBytes = 64 << 10

function queues(name: string, words: Partial<DestinationPolicy>): PolicyEntry {
  return { ...defaultPolicy, memoryLimitBytes, ...words, destination: { kind: 'queue', name } }
}

const policies: readonly PolicyEntry[] = [
  queues('LIMITED.>', {}),
  queues('REFUSING.>', { sendFailIfNoSpace: true }),
  queues('LATE.>', { sendFailIfNoSpaceAfterTimeoutMs: 500 }),
  {
    ...defaultPolicy,
    pendingMessageLimit: 100,
    destination: { kind: 'topic', name: 'QUOTES.>' },
  },
  {
    ...defaultPolicy,
    memoryLimitBytes,
    pendingMessageLimit: NO_PENDING_LIMIT,
    destination: { kind: 'topic', name: 'ORDERS.>' },
  },
]

describe("usage limits, seen by ActiveMQ's Java client", { skip: javaMissing() }, () => {
  const broker = new MemoryBroker({ engine: { policies } })
  let lines: string[] = []

  before(async () => {
    await broker.listen()
    const classPath = await compileJava([shared, scenarios])
    lines = (await runJava('LimitScenarios', [broker.uri], { classPath })).trim().split('\n')
  })

  after(() => broker.stop())

  const source = readFileSync(`${scenarios}/LimitScenarios.java`, 'utf8')
  for (const [, name = ''] of source.matchAll(/scenarios\.put\("([a-z0-9-]+)"/g)) {
    it(name, () => {
      const line = lines.find((each) => new RegExp(`^(ok|failed) ${name}(:|$)`).test(each))
      assert.equal(line, `ok ${name}`)
    })
  }

  it('leaves nobody waiting and no memory in use behind', () => {
    const { flow, queues: left, topics } = broker.engine.view()
    assert.deepEqual(flow.shortages, [])
    assert.equal(flow.waitingBytes, 0)
    assert.equal(flow.pausedSenders, 0)
    const quotes = topics.find(({ destination }) => destination.name === 'QUOTES.slow')
    assert.equal(quotes?.discarded, 5000 - 110)
    const orders = topics.find(({ destination }) => destination.name === 'ORDERS.slow')
    assert.deepEqual([orders?.published, orders?.discarded, orders?.memoryBytes], [500, 0, 0])
    const held = left.filter(({ destination }) => /^LIMITED/.test(destination.name))
    assert.deepEqual(
      held.filter(({ memoryBytes }) => memoryBytes > 0).map(({ destination }) => destination.name),
      [],
    )
  })
})

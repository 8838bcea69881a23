import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { distributionOf, failoverTimes, formatDistribution } from '../../support/failover-times.ts'
import { activemqMissing } from '../../support/failover-programs.ts'
import { LoadClient } from '../../support/load-client.ts'
import { monotonicNowMs } from '../../support/ndjson-process.ts'
import { StockActiveMq } from '../../support/stock-activemq.ts'
import { waitUntil } from '../../support/wait-until.ts'

const PRODUCERS = 4
const CONFIRMED_WITHIN_MS = 30_000
const DRAINED_WITHIN_MS = 20_000

describe('the load client and its judges, tried on a stock ActiveMQ', () => {
  it(
    'sees a kill -9 and a restart, and finds nothing lost',
    { skip: activemqMissing() },
    async (test) => {
      const stock = await StockActiveMq.start()
      try {
        const load = await LoadClient.start({
          uri: `failover:(${stock.uri})`,
          directory: stock.directory,
          producers: PRODUCERS,
        })
        try {
          load.produce()
          await load.progress(200)
          const killedMs = monotonicNowMs()
          await stock.kill9()
          await stock.restart()
          const times = await waitUntil(
            () => {
              const found = failoverTimes(load.history, { killedMs, producers: PRODUCERS })
              return found.length === PRODUCERS && found
            },
            { what: 'a confirmed send of every producer', timeoutMs: CONFIRMED_WITHIN_MS },
          )
          await load.pause()
          await load.drain(DRAINED_WITHIN_MS)
          const waits = times.map((time) => time.milliseconds)
          test.diagnostic(
            `kill -9 to the first confirmed send: ${formatDistribution(distributionOf(waits))}`,
          )
          const { counts, violations } = load.verdict()
          // It may double what was under way, and does.
          const wrong = violations.filter(
            ({ check, line }) => check === 'C1' || line.includes('though nobody sent it'),
          )
          assert.deepEqual([wrong, counts.unknown], [[], 0])
          assert(counts.confirmed > 200)
          assert(Math.min(...waits) > 0)
        } finally {
          await load.quit()
        }
      } finally {
        await stock.dispose()
      }
    },
  )
})

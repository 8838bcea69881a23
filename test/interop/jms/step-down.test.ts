import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { activemqMissing } from '../../support/failover-programs.ts'
import { LoadClient } from '../../support/load-client.ts'
import { MemoryBroker } from '../../support/memory-broker.ts'
import { violationLines } from '../../support/history/judge.ts'

const STEP_DOWNS = 15
const DRAINED_WITHIN_MS = 20_000

describe("ActiveMQ's failover transport", { skip: activemqMissing() }, () => {
  for (const ack of ['auto', 'client'] as const) {
    it(`loses nothing and doubles nothing when the broker steps down under load (${ack})`, async (t) => {
      const broker = new MemoryBroker()
      await broker.listen()
      const directory = await mkdtemp(join(tmpdir(), 'quorate-step-down-'))
      t.after(async () => {
        await broker.stop()
        await rm(directory, { recursive: true, force: true })
      })
      const uri = `failover:(${broker.uri})?initialReconnectDelay=10&maxReconnectDelay=50`
      const load = await LoadClient.start({ uri, directory, rate: 200, ack })
      load.produce()
      for (let i = 0; i < STEP_DOWNS; i++) {
        await delay(150 + ((i * 37) % 100))
        await broker.failOver()
      }
      await load.pause()
      await load.drain(DRAINED_WITHIN_MS)
      await load.quit()
      const verdict = load.verdict()
      const { confirmed, redeliveries } = verdict.counts
      t.diagnostic(`${confirmed} confirmed, ${redeliveries} redelivered`)
      assert.deepEqual(violationLines(verdict), [])
      assert.ok(confirmed > 100, `only ${confirmed} were confirmed`)
    })
  }
})

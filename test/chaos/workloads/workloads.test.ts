import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../../support/cluster.ts'
import { withCluster } from '../../support/cluster.ts'
import type { HistoryEvent } from '../../support/history/events.ts'
import { merged } from '../../support/history/history-lines.ts'
import { thisMachine } from '../../support/host.ts'
import { monotonicNowMs } from '../../support/ndjson-process.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { Workload, WorkloadVerdict } from '../workload.ts'
import { javaClientMissing } from './java-workload.ts'
import { workloads } from './workloads.ts'

const FLOWS_MS = 1500
const CONFIRMED_WITHIN_MS = 20_000
const DEADLINE_MS = 150_000

interface Outcome {
  readonly events: readonly HistoryEvent[]
  readonly verdict: WorkloadVerdict
}

/** A workload on a cluster of this machine, whose leader is killed in the middle and comes back. */
async function runWithOneKill(name: string, workload: Workload, cluster: Cluster) {
  const events: HistoryEvent[] = []
  const directory = join(cluster.directory, 'clients')
  mkdirSync(directory)
  const running = await workload.start({
    cell: `test-${name}`,
    clientHost: thisMachine,
    brokerUri: cluster.clientUri(),
    directory,
    record: (event) => void events.push(event),
    nowMs: monotonicNowMs,
  })
  try {
    await delay(FLOWS_MS)
    await killLeader(cluster, events)
    await delay(FLOWS_MS)
    await running.drain()
    const history = merged([events])
    return { events: history, verdict: running.verdict(history) } satisfies Outcome
  } finally {
    await running.stop()
  }
}

async function killLeader(cluster: Cluster, events: HistoryEvent[]): Promise<void> {
  const fault = { fault: 'kill', targets: [] }
  const leader = await cluster.waitUntilWhole()
  events.push({ kind: 'faultBegins', atMs: monotonicNowMs(), ...fault })
  await leader.kill9()
  const killedMs = monotonicNowMs()
  await waitUntil(() => events.some(({ kind, atMs }) => kind === 'ok' && atMs > killedMs + 500), {
    what: 'a call that another leader confirms',
    timeoutMs: CONFIRMED_WITHIN_MS,
  })
  leader.start()
  await cluster.waitUntilWhole()
  events.push({ kind: 'faultEnds', atMs: monotonicNowMs(), ...fault })
}

describe('a workload under one kill -9 of the leader', () => {
  for (const [name, workload] of Object.entries(workloads)) {
    const skip = name.startsWith('openwire') ? false : javaClientMissing()
    it(`is recorded, drained and judged sound: ${name}`, { skip }, async (test) => {
      await withCluster({ deadlineMs: DEADLINE_MS }, async (cluster) => {
        const { events, verdict } = await runWithOneKill(name, workload, cluster)
        test.diagnostic(JSON.stringify(verdict.counts))
        assert.deepEqual(verdict.violations, [])
        assert((verdict.counts.confirmed ?? 0) > 20, 'messages flowed')
        assert.equal(events.filter(({ kind }) => kind === 'drained').length, 1)
        assert(
          events.some(({ kind }) => kind === 'interrupted'),
          'clients noticed the kill',
        )
      })
    })
  }
})

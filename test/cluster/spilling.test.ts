import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BrokerNode } from '../support/broker-node.ts'
import { withCluster } from '../support/cluster.ts'
import { compileJava, javaMissing, runJava } from '../support/java.ts'

const MESSAGES = 200_000
const BODY_BYTES = 1024
const MB = 1024 ** 2
/** What the process of a broker with 16 MB for messages may take more than before. */
const GROWTH_MAX_BYTES = 150 * MB

/** Resident memory of the process. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

function temporaryFiles(node: BrokerNode): string[] {
  return readdirSync(join(node.dataDirectory, 'tmp_storage'))
}

async function peakWhile(node: BrokerNode, work: Promise<unknown>): Promise<number> {
  let peak = 0
  const look = (): void => {
    if (node.pid !== null) peak = Math.max(peak, residentBytes(node.pid))
  }
  const timer = setInterval(look, 50)
  await work.finally(() => clearInterval(timer))
  return peak
}

describe('non-persistent messages that nobody consumes', () => {
  it(
    'wait on the disk in order, the memory stays flat, and a restart forgets them',
    {
      skip: javaMissing(),
    },
    async (context) => {
      const classPath = await compileJava(fileURLToPath(new URL('./java', import.meta.url)))
      const program = (...args: readonly (string | number)[]): Promise<string> =>
        runJava('SpillProgram', args.map(String), { classPath })
      const settings = { memoryLimit: '16mb' }
      await withCluster({ replicas: 1, settings, deadlineMs: 200_000 }, async (cluster) => {
        const node = await cluster.leader()
        const uri = node.clientUri
        await program('send', uri, 'WARM', 2000, BODY_BYTES)
        await program('receive', uri, 'WARM', 2000)
        const before = residentBytes(node.pid ?? 0)
        const sent = program('send', uri, 'Q', MESSAGES, BODY_BYTES)
        const sendingPeak = await peakWhile(node, sent)
        const flow = (await node.status())?.flow
        assert.ok((flow?.temporary?.usedBytes ?? 0) > 150 * MB, JSON.stringify(flow))
        assert.ok((flow?.memoryUsedBytes ?? Infinity) <= 16 * MB, JSON.stringify(flow))
        assert.deepEqual(flow?.shortages, [])
        const received = program('receive', uri, 'Q', MESSAGES)
        const peak = Math.max(sendingPeak, await peakWhile(node, received))
        const shown = `${before / MB} MB before, ${peak / MB} MB at most`
        context.diagnostic(shown)
        assert.ok(peak < before + GROWTH_MAX_BYTES, shown)
        assert.deepEqual(temporaryFiles(node), [])

        await program('send', uri, 'Q', 50_000, BODY_BYTES)
        assert.ok(temporaryFiles(node).length > 0)
        await node.kill9()
        node.start()
        await cluster.waitUntilWhole()
        assert.deepEqual(temporaryFiles(node), [])
        assert.equal((await node.status())?.clients.waitingMessages, 0)
      })
    },
  )
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { missingRequirements } from '../hosts/requirements.ts'
import type { ConsolesReport } from './ask-consoles.ts'

const program = fileURLToPath(new URL('ask-consoles.ts', import.meta.url))
const WITHIN_MS = 120_000
const missing = missingRequirements()

describe(
  'consoles of three machines that listen everywhere, on one port',
  {
    skip: missing.length > 0 ? missing.join('; ') : false,
  },
  () => {
    it('find each other by the hosts that they announce, and lead to the leader', async () => {
      const words = ['--conditions=quorate-source', '--import', 'tsx', program]
      const run = promisify(execFile)
      const { stdout } = await run(process.execPath, words, { timeout: WITHIN_MS })
      const { leaderUrl, addresses, told, refused } = JSON.parse(stdout) as ConsolesReport
      const expected = Object.entries(addresses).map(([nodeId, address]) => {
        return { nodeId, consoleUrl: `http://${address}:8161`, answers: true }
      })
      assert.equal(expected.length, 3)
      for (const { nodeId } of expected) assert.deepEqual(told[nodeId], expected, nodeId)
      assert.deepEqual([refused.status, refused.leaderUrl], [421, leaderUrl])
    })
  },
)

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { ManagedProcess } from '../support/managed-process.ts'
import type { CellResult, MatrixResult } from './cell-result.ts'
import { equipmentMissing } from './cluster/make-equipment.ts'
import { missingRequirements } from './hosts/requirements.ts'
import { readResult } from './runner/result-writer.ts'

const command = fileURLToPath(new URL('chaos-command.ts', import.meta.url))
const WITHIN_MS = 9 * 60_000

/** Every workload, and one fault of each kind: of processes, of the network, of disks. */
const cells = [
  'queue-point-to-point:kill-leader',
  'queue-pipelined:wipe-follower',
  'transacted:leader-isolated',
  'durable-topic:partition-halves',
  'competing-consumers:pause-leader',
  'exclusive-consumer:power-loss-of-leader',
]

const missing = [...missingRequirements(), equipmentMissing('forgetful disks')].filter(
  (reason) => reason !== false,
)

async function runChaos(out: string): Promise<MatrixResult> {
  const words = cells.flatMap((cell) => ['--cell', cell])
  const log = join(out, 'chaos.log')
  const chaos = new ManagedProcess({
    name: 'chaos',
    command: process.execPath,
    args: [
      ...['--conditions=quorate-source', '--import', 'tsx', command],
      ...['--rounds', '1', '--out', out, ...words],
    ],
    logFile: log,
  })
  const ended = await Promise.race([chaos.exited, delay(WITHIN_MS, null, { ref: false })])
  process.stderr.write(`${chaos.logTail(60)}\n`)
  if (ended === null) {
    await chaos.terminate()
    throw new Error(`chaos took more than ${WITHIN_MS} ms`)
  }
  return readResult(out)
}

function whatIsWrong({ outcome, reason, violations }: CellResult): string {
  const lines = violations.map(({ check, message }) => `${check} ${message}`)
  return [outcome, reason ?? '', ...lines].join('\n')
}

describe(
  'real brokers under real faults',
  {
    skip: missing.length > 0 ? missing.join('; ') : false,
  },
  () => {
    const out = mkdtempSync(join(tmpdir(), 'quorate-smoke-'))
    let result: MatrixResult | null = null

    before(async () => {
      result = await runChaos(out)
    })

    after(() => {
      const isSound = result?.cells.every(({ outcome }) => outcome === 'passed') === true
      if (isSound) rmSync(out, { recursive: true, force: true })
      else process.stderr.write(`kept: ${out}\n`)
    })

    for (const cell of cells) {
      const [workload = '', fault = ''] = cell.split(':')
      it(`keep every promise to ${workload} through ${fault}`, () => {
        const found = result?.cells.find(
          (each) => each.workload === workload && each.fault === fault,
        )
        assert(found !== undefined, 'the cell was not run')
        assert.equal(found.outcome, 'passed', whatIsWrong(found))
        assert.ok((found.counts.confirmed ?? 0) > 0, 'nothing was confirmed')
      })
    }
  },
)

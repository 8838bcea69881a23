import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { forgetfulDiskMissing } from '../forgetful-disk/forgetful-disk.ts'
import { diskCells } from './disk-cells.ts'
import { withForgetfulCluster } from './forgetful-cluster.ts'
import { killCells } from './kill-cells.ts'
import type { Cell } from './cell.ts'
import { powerCells } from './power-cells.ts'

/** QUORATE_LOSS_MATRIX=whole runs every cell instead of the chosen ones. */
const isWhole = process.env.QUORATE_LOSS_MATRIX === 'whole'
const cells: readonly Cell[] = [...killCells, ...powerCells, ...diskCells]

describe('the loss matrix', { skip: forgetfulDiskMissing(), concurrency: false }, () => {
  for (const { event, promise, settings, run, ...cell } of cells) {
    const syncs = isWhole ? cell.syncs : cell.chosen
    for (const sync of syncs) {
      it(`${sync}: ${event}: ${promise}`, async () => {
        await withForgetfulCluster({ sync, ...settings }, run)
      })
    }
  }

  it('names every cell once', () => {
    const names = cells.flatMap(({ event, syncs }) => syncs.map((sync) => `${sync}: ${event}`))
    assert.equal(new Set(names).size, names.length)
  })
})

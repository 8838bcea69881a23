import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faults } from '../faults/faults.ts'
import { workloads } from '../workloads/workloads.ts'
import { chooseCells } from './choose-cells.ts'
import type { Choice } from './choose-cells.ts'
import { inOrder } from './matrix.ts'

const tables = { workloads, faults }
const nothing: Choice = { workload: [], fault: [], cell: [] }

function names(choice: Partial<Choice>): string[] {
  const cells = chooseCells(tables, { ...nothing, ...choice })
  if (typeof cells === 'string') throw new Error(cells)
  return inOrder(cells).map(({ workloadName, faultName }) => `${workloadName}:${faultName}`)
}

describe('the choice of cells', () => {
  it('is the whole matrix when nothing is said', () => {
    assert.equal(names({}).length, Object.keys(workloads).length * Object.keys(faults).length)
  })

  it('crosses the named workloads with the named faults', () => {
    const chosen = names({ workload: ['transacted'], fault: ['kill-all', 'kill-leader'] })
    assert.deepEqual(chosen, ['transacted:kill-all', 'transacted:kill-leader'])
  })

  it('puts cells of one equipment next to each other', () => {
    const cell = ['transacted:kill-all', 'transacted:wipe-leader', 'durable-topic:kill-all']
    const disks = 'transacted:power-loss-of-all'
    assert.deepEqual(names({ cell: [cell[0] ?? '', disks, ...cell.slice(1)] }), [...cell, disks])
  })

  it('says which name there is not', () => {
    const said = chooseCells(tables, { ...nothing, fault: ['kill-nobody'] })
    assert.equal(said, 'there is no fault "kill-nobody": see --list')
  })
})

import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { scenario } from './scenario.ts'

describe('the coordination service', () => {
  scenario(
    'W9 a leader that is cut off from the service only keeps serving',
    { replicas: 3, seed: 9 },
    async (on, { a }) => {
      on.cutFromCoordination(a)
      // Far longer than its session lives.
      await on.pass(10_000)
      await on.confirm('without', 5)
      on.heal()
      await on.pass(3_000)
      await on.confirm('again', 5)
      on.expects(`
        -  A is cut off from the coordination service
        -  without: 5 confirmed
        -  the network is healed
        -  again: 5 confirmed
        -  everything is mended
      `)
    },
  )

  scenario(
    'W10 the register of epochs is restored from a backup, and no epoch is used twice',
    { replicas: 3, seed: 10 },
    async (on, { a, b }) => {
      a.kill()
      await on.leads(b)
      a.start()
      await on.equal()
      b.kill()
      await on.someoneLeads()
      b.start()
      await on.equal()
      on.restoreEpochs(2)
      on.simulation.leader?.kill()
      await on.someoneLeads()
      assert.equal(on.simulation.epoch, 4)
      on.expects(`
        A  is killed
        C  votes for B in epoch 2, itself at 1/1
        B  wins epoch 2
        B  leads in epoch 2
        A  starts
        A  opens its store: 1/1
        B  is killed
        C  votes for A in epoch 3, itself at 2/2
        A  wins epoch 3
        A  leads in epoch 3
        B  starts
        B  opens its store: 2/2
        -  the register of epochs is restored from a backup: 2 less
        A  is killed
        C  votes for B in epoch 4, itself at 3/3
        B  wins epoch 4
        B  leads in epoch 4
        -  everything is mended
        A  starts
        A  opens its store: 3/3
      `)
    },
  )

  scenario(
    'W20 two candidates do not learn what became of their requests, and only one can believe it',
    { replicas: 3, seed: 20 },
    async (on, { a, b }) => {
      await on.confirm('kept', 3)
      // B has read the register and is slow to write; both lose their answers.
      on.atNext(b, 'allocateEpoch', () => on.simulation.network.slowDown(b.id, 300))
      on.loseAnswers(2)
      a.kill()
      await on.someoneLeads()
      on.expects(`
        -  kept: 3 confirmed
        A  is killed
        -  an epoch is asked for, and the answer gets lost
        ~  -  an epoch is asked for, and the answer gets lost
        ~  B  votes for C in epoch *, itself at 1/6
        ~  C  wins epoch *
        ~  C  leads in epoch *
        -  everything is mended
        A  starts
        A  opens its store: 1/6
      `)
    },
  )
})

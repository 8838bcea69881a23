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
      // After many elections ...
      on.restoreEpochs(-10)
      a.kill()
      await on.leads(b)
      assert.equal(on.simulation.epoch, 12)
      a.start()
      await on.equal()
      // ... somebody made a backup. Whoever stands for election is told first what is promised.
      on.restoreEpochs(9)
      const before = on.epochsAskedFor
      b.kill()
      await on.someoneLeads()
      assert.deepEqual([on.simulation.epoch, on.epochsAskedFor - before], [13, 1])
      on.expects(`
        -  the register of epochs is restored from a backup: 10 more
        A  is killed
        C  votes for B in epoch 12, itself at 1/1
        B  wins epoch 12
        B  leads in epoch 12
        A  starts
        A  opens its store: 1/1
        -  the register of epochs is restored from a backup: 9 less
        B  is killed
        *  votes for * in epoch 13, itself at 12/2
        *  wins epoch 13
        *  leads in epoch 13
        -  everything is mended
        B  starts
        B  opens its store: 12/2
      `)
    },
  )

  scenario(
    'W20 two candidates do not learn what became of their requests, and only one can believe it',
    { replicas: 3, seed: 20 },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      // B has read the register and is slow to write; both lose their answers.
      on.atNext(b, 'allocateEpoch', () => on.simulation.network.slowDown(b.id, 300))
      on.loseAnswers(2)
      a.kill()
      await on.leads(c)
      // What the register says is C's own, and yet it is not the answer to what C asks now.
      on.heal()
      on.cutFromCoordination(b)
      for (let again = 1; again <= 2; again++) {
        c.kill()
        c.start()
        await on.leads(c)
      }
      on.expects(`
        -  kept: 3 confirmed
        A  is killed
        -  an epoch is asked for, and the answer gets lost
        ~  -  an epoch is asked for, and the answer gets lost
        ~  B  votes for C in epoch *, itself at 1/6
        ~  C  wins epoch *
        ~  C  leads in epoch *
        -  the network is healed
        -  B is cut off from the coordination service
        C  is killed
        C  starts
        C  opens its store: */7
        B  votes for C in epoch *
        C  wins epoch *
        C  leads in epoch *
        C  is killed
        C  starts
        C  opens its store: */8
        B  votes for C in epoch *
        C  wins epoch *
        C  leads in epoch *
        -  everything is mended
        A  starts
        A  opens its store: 1/6
      `)
    },
  )
})

import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { scenario } from './scenario.ts'

describe('old leaders that return', () => {
  scenario(
    'W4 an old leader returns with a longer unconfirmed suffix, and is not elected for its length',
    { replicas: 3, seed: 4 },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 5)
      on.cutOff(a)
      on.offer('tail', 50)
      await on.pass(20)
      // Who sent it has to wait, so that the logs of the others stay short.
      on.cutOffClients()
      await on.leads(b)
      await on.synced(c)
      a.kill()
      b.kill()
      on.heal()
      a.start()
      await on.leads(c)
      on.expects(`
        -  kept: 5 confirmed
        -  A is cut off from the others
        -  tail: 50 sent
        -  clients are cut off
        C  votes for B in epoch 2, itself at 1/8
        B  wins epoch 2
        B  leads in epoch 2
        A  is killed
        B  is killed
        -  the network is healed
        A  starts
        A  opens its store: 1/33
        A  votes for C in epoch *, itself at 1/33
        C  wins epoch *
        ~  A  cuts its log after 8
        ~  C  leads in epoch *
        -  everything is mended
        ~  B  starts
        ~  B  opens its store: 2/9
        ~  -  tail: all confirmed
      `)
    },
  )

  scenario(
    'W16 a log that was cut acknowledges nothing that it does not hold any more',
    { replicas: 3, seed: 16 },
    async (on, { a }) => {
      await on.confirm('kept', 5)
      on.cutOff(a)
      on.offer('tail', 50)
      await on.confirmed('tail')
      on.heal()
      await on.equal()
      // 33 is what it had, and 8 what is left of that.
      const [first] = on.acksOf(a, 2).filter((synced) => synced > 0)
      assert.equal(first, 8)
      on.expects(`
        -  kept: 5 confirmed
        -  A is cut off from the others
        -  tail: 50 sent
        C  votes for B in epoch 2, itself at 1/8
        B  wins epoch 2
        B  leads in epoch 2
        A  steps down: no quorum answers
        -  tail: all confirmed
        -  the network is healed
        A  promises epoch 2 to B, no vote: it is at 1/33
        A  cuts its log after 8
        -  everything is mended
      `)
    },
  )
})

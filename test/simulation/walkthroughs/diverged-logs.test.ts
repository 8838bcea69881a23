import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { scenario } from './scenario.ts'

describe('logs that differ', () => {
  scenario(
    'W2 a follower restarts before it learns what is committed, and keeps it (KIP-101)',
    { replicas: 3, seed: 2 },
    async (on, { a, b, c }) => {
      await on.confirm('first', 3)
      c.kill()
      // B holds the last record, and never hears that this was enough.
      on.atNext(a, 'commit', () => on.cut(a, b))
      await on.confirm('last', 1)
      b.kill()
      b.start()
      a.kill()
      on.heal()
      c.start()
      await on.leads(b)
      on.expects(`
        -  first: 3 confirmed
        C  is killed
        -  last: 1 confirmed
        B  is killed
        B  starts
        A  is killed
        -  the network is healed
        C  starts
        ~  B  opens its store: 1/8
        ~  C  opens its store: 1/6
        C  votes for B in epoch 2, itself at 1/6
        B  wins epoch 2
        B  leads in epoch 2
        -  everything is mended
        A  starts
        A  opens its store: 1/8
      `)
    },
  )

  scenario(
    'W3 two leaders fail fast, and the log of the second is cut to where the first goes on (KIP-279)',
    { replicas: 3, seed: 3 },
    async (on, { a, b }) => {
      await on.confirm('kept', 3)
      // A has a suffix of epoch 1 that nobody has ...
      on.cutOff(a)
      on.offer('alone', 4)
      await on.pass(20)
      a.kill()
      on.heal()
      // ... and B the start of an epoch 2 that nobody has.
      on.atNext(b, 'openEpoch', () => on.cutOff(b))
      await on.until(() => b.witness.log.tail.epoch === 2, 'B wins nothing')
      await on.synced(b)
      b.kill()
      on.heal()
      a.start()
      await on.leads(a)
      b.start()
      on.expects(`
        -  kept: 3 confirmed
        -  A is cut off from the others
        -  alone: 4 sent
        A  is killed
        -  the network is healed
        C  votes for B in epoch 2, itself at 1/6
        B  wins epoch 2
        -  B is cut off from the others
        B  is killed
        -  the network is healed
        A  starts
        A  opens its store: 1/11
        C  votes for A in epoch 3, itself at 1/6
        A  wins epoch 3
        A  leads in epoch 3
        B  starts
        -  everything is mended
        ~  -  alone: all confirmed
        ~  B  opens its store: 2/7
        ~  B  cuts its log after 6
      `)
    },
  )

  scenario(
    'W4 an old leader returns with a longer unconfirmed suffix, and cuts it',
    { replicas: 3, seed: 4 },
    async (on, { a }) => {
      await on.confirm('kept', 5)
      on.cutOff(a)
      on.offer('tail', 50)
      await on.confirmed('tail')
      on.expects(`
        -  kept: 5 confirmed
        -  A is cut off from the others
        -  tail: 50 sent
        C  votes for B in epoch 2, itself at 1/8
        B  wins epoch 2
        B  leads in epoch 2
        A  steps down: no quorum answers
        -  tail: all confirmed
        -  everything is mended
        A  promises epoch 2 to B, no vote: it is at 1/59
        A  cuts its log after 8
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
      const before = on.acksOf(a).length
      on.heal()
      await on.equal()
      const acks = on.acksOf(a).slice(before)
      // 59 is what it had, and 8 what is left of that.
      assert.equal(
        acks.find((synced) => synced > 0),
        8,
      )
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
        A  promises epoch 2 to B, no vote: it is at 1/59
        A  cuts its log after 8
        -  everything is mended
      `)
    },
  )
})

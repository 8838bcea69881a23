import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { ReplicaEffect } from '@quorate/broker/replication/replica/events'
import { scenario } from './scenario.ts'

const LARGE_BYTES = 200_000

describe('followers that catch up', () => {
  scenario(
    'W5 a follower that has 60 % of the log when its leader dies says so, and is not elected',
    { replicas: 3, seed: 5 },
    async (on, { a, b, c }) => {
      c.kill()
      await on.confirm('much', 25, LARGE_BYTES)
      const all = a.witness.log.length
      // A gives it so much, and no more.
      const isEnough = (effect: ReplicaEffect) =>
        effect.type === 'read' && effect.peer === c.id && effect.from > 0.6 * all
      on.atNext(a, isEnough, () => {
        a.disk.delayed = { kind: 'read', ms: 1_000 }
      })
      c.start()
      await on.until(() => c.witness.log.length >= 0.6 * all, 'C does not catch up')
      a.kill()
      await on.leads(b)
      const reported = on.voteOf(c)
      assert.ok(reported !== null && reported >= 0.6 * all && reported < all, `C said ${reported}`)
      on.expects(`
        C  is killed
        -  much: 25 confirmed
        C  starts
        C  opens its store: 1/1
        A  is killed
        C  votes for B in epoch 2, itself at 1/23
        B  wins epoch 2
        B  leads in epoch 2
        -  everything is mended
        A  starts
        A  opens its store: 1/29
      `)
    },
  )

  // Scaled down: what matters is that it is more than the 8 MiB that may be on the way (R30).
  scenario(
    'W19 a follower that is far behind catches up while producers go on, and holds nobody up',
    { replicas: 3, seed: 19 },
    async (on, { c }) => {
      c.kill()
      await on.confirm('before', 10, 1_000_000)
      c.start()
      on.offer('meanwhile', 200)
      await on.confirmed('meanwhile')
      await on.equal()
      on.expects(`
        C  is killed
        -  before: 10 confirmed
        C  starts
        -  meanwhile: 200 sent
        C  opens its store: 1/1
        -  meanwhile: all confirmed
        -  everything is mended
      `)
    },
  )
})

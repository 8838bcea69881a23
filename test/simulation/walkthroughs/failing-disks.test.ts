import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import { scenario } from './scenario.ts'

describe('disks that fail', () => {
  scenario(
    "W13 the leader's disk fails in the middle of a batch: nothing of it is confirmed by this leader",
    { replicas: 3, seed: 13 },
    async (on, { a, c }) => {
      await on.confirm('kept', 3)
      // Without C, what A says of its own disk counts.
      on.cutOff(c)
      a.disk.fail('syncData')
      on.offer('batch', 20)
      await on.until(() => !a.isLeading, 'A does not fail')
      assert.equal(on.unconfirmed('batch'), 20)
      on.heal()
      await on.confirmed('batch')
      on.expects(`
        -  kept: 3 confirmed
        -  C is cut off from the others
        -  batch: 20 sent
        A  syncData *: EIO
        A  fails: STORE_UNAVAILABLE EIO: sync *
        -  the network is healed
        C  votes for B in epoch 2, itself at *
        B  wins epoch 2
        B  leads in epoch 2
        -  batch: all confirmed
        -  everything is mended
        A  starts
        A  opens its store: *, suspect: STORE_UNAVAILABLE: EIO: sync *
        A  has caught up and is trusted again
      `)
    },
  )

  scenario(
    "W14 a bit flips in a follower's log, and its leader dies: the follower does not count",
    { replicas: 3, seed: 14 },
    async (on, { a, b }) => {
      await on.confirm('many', 200)
      await on.equal()
      b.kill()
      b.rot(100)
      a.kill()
      b.start()
      await on.nobodyLeads(4_000)
      a.start()
      await on.someoneLeads()
      on.expects(`
        -  many: 200 confirmed
        B  is killed
        B  has a byte of record 100 changed
        A  is killed
        B  starts
        B  opens its store: 1/99, 104 records gone, suspect: the journal was corrupt
        B  would not vote for C: it is suspect
        -  nobody leads
        A  starts
        A  opens its store: 1/203
        ...
        *  wins epoch 2
        ...
        ~  *  leads in epoch 2
        ~  B  has caught up and is trusted again
        -  everything is mended
      `)
    },
  )

  scenario(
    'W14 a body decays under a leader, which has to read it: it hands out nothing and steps down',
    { replicas: 3, seed: 14 },
    async (on, cast) => {
      const all = [cast.b, cast.c, cast.a]
      await on.confirm('many', 100)
      await on.equal()
      // Started from their indexes they have no body in memory.
      for (const broker of all) {
        broker.stop()
        await on.until(() => !broker.isUp, 'a broker does not stop')
      }
      for (const broker of all) broker.start()
      await on.someoneLeads()
      const leader = all.find(({ isLeading }) => isLeading) as SimulatedBroker
      leader.rot(50, 'at its end')
      on.consume()
      await on.until(() => !leader.isUp, 'the leader does not fail')
      await on.until(() => on.received >= 100, 'not all is received')
      on.expects(`
        -  many: 100 confirmed
        B  is told to stop
        C  is told to stop
        A  is told to stop
        A  steps down: abdicated
        ...
        *  wins epoch 2
        ...
        *  leads in epoch 2
        A  has a byte of record 50 changed
        A  fails: JOURNAL_CORRUPT journal * (record 50): the * bytes at * are not what was written
        ...
        B  wins epoch 3
        B  leads in epoch 3
        -  everything is mended
        A  starts
        A  opens its store: 1/49, 55 records gone, suspect: JOURNAL_CORRUPT: *
        A  has caught up and is trusted again
      `)
    },
  )

  scenario(
    'W15 the last record of a follower is torn: it is cut, and the follower votes as before',
    { replicas: 3, seed: 15 },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      b.disk.isSlow = true
      on.offer('torn', 1, 60_000)
      await on.confirmed('torn')
      b.losePower()
      b.disk.heal()
      a.kill()
      b.start()
      await on.leads(c)
      on.expects(`
        -  kept: 3 confirmed
        -  torn: 1 sent
        -  torn: all confirmed
        B  loses power
        A  is killed
        B  starts
        B  opens its store: 1/*, * records gone
        B  would not vote for C: it hears a leader
        B  votes for C in epoch 2, itself at 1/*
        C  wins epoch 2
        C  leads in epoch 2
        -  everything is mended
        A  starts
        A  opens its store: 1/8
      `)
    },
  )

  scenario(
    'W18 the disk of a follower is full: the others go on',
    { replicas: 3, seed: 18, segmentBytes: 1 << 16 },
    async (on, { b }) => {
      await on.confirm('before', 3)
      b.disk.fill(1_000)
      await on.confirm('without', 30, 10_000)
      b.disk.heal()
      on.expects(`
        -  before: 3 confirmed
        B  fails: STORE_FULL ENOSPC: *
        -  without: 30 confirmed
        -  everything is mended
        B  starts
        B  opens its store: 1/*, * records gone
      `)
    },
  )

  scenario(
    'W18 the disk of the leader is full: it hands over, and somebody else goes on',
    { replicas: 3, seed: 18, segmentBytes: 1 << 16 },
    async (on, { a }) => {
      await on.confirm('before', 3)
      a.disk.fill(1_000)
      on.offer('meanwhile', 30, 10_000)
      await on.confirmed('meanwhile')
      a.disk.heal()
      on.expects(`
        -  before: 3 confirmed
        -  meanwhile: 30 sent
        A  steps down: its disk has no space, and the disks of a quorum have
        C  votes for B in epoch 2, itself at 1/*
        B  wins epoch 2
        B  leads in epoch 2
        A  votes for B in epoch 2, itself at 1/*
        A  fails: STORE_FULL ENOSPC: *
        -  meanwhile: all confirmed
        -  everything is mended
        A  starts
        A  opens its store: 2/*, * records gone
      `)
    },
  )
})

import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { scenario } from './scenario.ts'

/** After that even the mem modes have everything on their disks. */
const FLUSHED_MS = 400
/** Too many sectors to survive a loss of power by luck. */
const LARGE_BYTES = 10_000

describe('confirmed from memory (quorum_mem)', () => {
  scenario(
    'W6 a replica that lost its memory helps nobody to an election (NATS #7567)',
    { replicas: 3, seed: 6, sync: 'quorum_mem' },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      await on.pass(FLUSHED_MS)
      // A and B confirm from memory; then B forgets, and A does not answer.
      c.kill()
      await on.confirm('risky', 5)
      b.losePower()
      a.pause()
      b.start()
      c.start()
      await on.nobodyLeads(5_000)
      a.resume()
      on.expects(`
        -  kept: 3 confirmed
        C  is killed
        -  risky: 5 confirmed
        B  loses power
        A  is paused
        B  starts
        C  starts
        ~  B  opens its store: *, suspect: the machine restarted *
        ~  C  opens its store: 1/6
        B  would not vote for C: it is suspect
        -  nobody leads
        A  goes on
        -  everything is mended
        ...
        A  leads in epoch *
        ...
      `)
    },
  )

  scenario(
    'W7 all lose power: everybody must be there, and the best log wins',
    { replicas: 3, seed: 7, sync: 'quorum_mem' },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      await on.pass(FLUSHED_MS)
      await on.confirm('risky', 5, LARGE_BYTES)
      // C, the last to stand for election, lives long enough to have all of it on its disk.
      a.losePower()
      b.losePower()
      await on.pass(FLUSHED_MS)
      c.losePower()
      a.start()
      b.start()
      await on.nobodyLeads(5_000)
      // Its answers come last: until then A and B may think that nobody has more than they.
      on.simulation.network.slowDown(c.id, 60)
      c.start()
      await on.leads(c)
      assert.equal(on.simulation.ledger.reportedLosses, 0)
      on.expects(`
        -  kept: 3 confirmed
        -  risky: 5 confirmed
        A  loses power
        B  loses power
        C  loses power
        A  starts
        B  starts
        ~  A  opens its store: *, suspect: the machine restarted *
        ~  B  opens its store: *, suspect: the machine restarted *
        ~  A  would not vote for B: it is suspect
        ~  B  would not vote for A: it is suspect
        -  nobody leads
        C  starts
        C  opens its store: 1/12, suspect: the machine restarted *
        ~  A  promises epoch * to C, no vote: it is suspect
        ~  B  promises epoch * to C, no vote: it is suspect
        C  raises an alarm: elected by full attendance: confirmed records may be missing
        C  wins epoch *, something may be lost
        ~  C  has caught up and is trusted again
        ~  A  has caught up and is trusted again
        ~  B  has caught up and is trusted again
        ~  C  leads in epoch *
        ~  -  everything is mended
      `)
    },
  )

  scenario(
    'W7 all lose power at once: what no disk has is reported as lost',
    { replicas: 3, seed: 7, sync: 'quorum_mem' },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      await on.pass(FLUSHED_MS)
      await on.confirm('risky', 5, LARGE_BYTES)
      for (const each of [a, b, c]) each.losePower()
      for (const each of [a, b, c]) each.start()
      await on.someoneLeads()
      assert.ok(on.simulation.ledger.reportedLosses > 0, 'nothing is reported')
      on.expects(`
        -  kept: 3 confirmed
        -  risky: 5 confirmed
        A  loses power
        B  loses power
        C  loses power
        A  starts
        B  starts
        C  starts
        ~  A  opens its store: *, * records gone, suspect: the machine restarted *
        ~  B  opens its store: *, * records gone, suspect: the machine restarted *
        ~  C  opens its store: *, * records gone, suspect: the machine restarted *
        ~  *  promises epoch * to *, no vote: it is suspect
        ~  *  promises epoch * to *, no vote: it is suspect
        *  raises an alarm: elected by full attendance: confirmed records may be missing
        *  wins epoch *, something may be lost
        ~  *  has caught up and is trusted again
        ~  *  has caught up and is trusted again
        ~  *  has caught up and is trusted again
        ~  *  leads in epoch *
        ~  -  everything is mended
      `)
    },
  )
})

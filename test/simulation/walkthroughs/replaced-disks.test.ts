import { describe } from 'node:test'
import { scenario } from './scenario.ts'

describe('replaced disks', () => {
  scenario(
    'W8 an empty disk under an old name helps nobody to an election',
    { replicas: 3, seed: 8 },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      // Only A and B have the rest; then B has nothing any more, and A does not answer.
      c.kill()
      await on.confirm('precious', 5)
      a.pause()
      b.wipe()
      b.start()
      c.start()
      await on.nobodyLeads(5_000)
      a.resume()
      on.expects(`
        -  kept: 3 confirmed
        C  is killed
        -  precious: 5 confirmed
        A  is paused
        B  is killed
        B  gets an empty disk
        B  starts
        C  starts
        ~  B  opens its store: 0/0
        ~  C  opens its store: 1/6
        -  nobody leads
        A  goes on
        -  everything is mended
        ...
        A  leads in epoch *
        ...
        A  takes a lost store out of its seat
        A  gives the seat to the new store
      `)
    },
  )

  scenario(
    'W17 the leader changes while the store of a seat is replaced',
    { replicas: 5, seed: 17 },
    async (on, { a, b, c, d, e }) => {
      await on.confirm('kept', 3)
      // Only D learns that A takes the old store out of its seat; then A is gone.
      on.atNext(a, 'appendConfig', () => {
        for (const each of [b, c, e]) on.cut(a, each)
      })
      b.wipe()
      b.start()
      const kept = a.witness.log.length
      await on.until(() => d.witness.log.syncedIndex > kept, 'A changes no seat')
      a.kill()
      on.heal()
      await on.until(() => on.simulation.isComplete, 'the seat stays empty')
      on.expects(`
        -  kept: 3 confirmed
        B  is killed
        B  gets an empty disk
        B  starts
        B  opens its store: 0/0
        A  takes a lost store out of its seat
        A  is killed
        -  the network is healed
        ~  C  votes for D in epoch 2, itself at 1/6
        ~  E  votes for D in epoch 2, itself at 1/6
        D  wins epoch 2
        D  leads in epoch 2
        D  gives the seat to the new store
        -  everything is mended
        A  starts
        A  opens its store: 1/7
      `)
    },
  )
})

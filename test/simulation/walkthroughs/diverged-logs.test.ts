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
      // It stands for election, and nobody hears that it has won: its own start is too much.
      await on.winsUnheard(b)
      a.start()
      await on.leads(a)
      b.start()
      await on.equal()
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
        -  B is cut off from the others
        B  is killed
        -  the network is healed
        A  starts
        A  opens its store: 1/8
        C  votes for A in epoch *, itself at 1/6
        A  wins epoch *
        A  leads in epoch *
        B  starts
        B  opens its store: 2/9
        B  cuts its log after 8
        -  everything is mended
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
      await on.winsUnheard(b)
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
    'W3 three leaders fail fast, and one cut is not enough for the log of the last but one',
    { replicas: 3, seed: 3 },
    async (on, { a, b, c }) => {
      await on.confirm('kept', 3)
      // Each wins an epoch of which nobody hears: 2 and 4 are B's, 3 is C's.
      a.kill()
      await on.winsUnheard(b)
      // Without the service A can vote, and cannot stand for election.
      on.cutFromCoordination(a)
      a.start()
      await on.winsUnheard(c)
      b.start()
      await on.winsUnheard(b)
      c.start()
      await on.leads(c)
      b.start()
      on.expects(`
        -  kept: 3 confirmed
        A  is killed
        C  votes for B in epoch 2, itself at 1/6
        B  wins epoch 2
        -  B is cut off from the others
        B  is killed
        -  the network is healed
        -  A is cut off from the coordination service
        A  starts
        A  opens its store: 1/6
        A  votes for C in epoch 3, itself at 1/6
        C  wins epoch 3
        -  C is cut off from the others
        C  is killed
        -  the network is healed
        B  starts
        B  opens its store: 2/7
        A  votes for B in epoch *, itself at 1/6
        B  wins epoch *
        -  B is cut off from the others
        B  is killed
        -  the network is healed
        C  starts
        C  opens its store: 3/7
        A  votes for C in epoch *, itself at 1/6
        C  wins epoch *
        C  leads in epoch *
        B  starts
        -  everything is mended
        B  opens its store: */8
        B  cuts its log after 7
        B  cuts its log after 6
      `)
    },
  )
})

import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { scenario } from './scenario.ts'

describe('silence', () => {
  scenario(
    'W11 a leader that stood still for 30 s hands out nothing and confirms nothing afterwards',
    { replicas: 3, seed: 11 },
    async (on, { a, b }) => {
      await on.confirm('many', 600)
      on.consume()
      await on.until(() => on.received > 30, 'nobody receives')
      // Acknowledgements are on their way to it, and sends.
      on.offer('late', 20)
      await on.pass(0.1)
      a.pause()
      // Those it finds when it goes on, but not that their senders gave it up.
      await on.pass(15)
      on.muteClientsFor(a)
      await on.leads(b)
      await on.confirmed('late')
      await on.pass(30_000)
      const seen = on.simulation.history.length
      // It hears its clients before its timers tell it that its time is over.
      a.resume('reading')
      await on.pass(2_000)
      assert.equal(on.simulation.history.length, seen, 'a client heard something')
      on.expects(`
        -  many: 600 confirmed
        -  late: 20 sent
        A  is paused
        -  A hears no client any more
        C  votes for B in epoch 2, itself at 1/*
        B  wins epoch 2
        B  leads in epoch 2
        -  late: all confirmed
        A  goes on
        A  steps down: *
        A  cuts its log after *
        -  everything is mended
      `)
    },
  )

  scenario(
    'W12 a node that hears nobody and is heard by all unseats nobody',
    { replicas: 3, seed: 12 },
    async (on, { a, b, c }) => {
      await on.confirm('before', 3)
      on.cutOneWay(a, b)
      on.cutOneWay(c, b)
      await on.pass(5_000)
      await on.confirm('after', 3)
      on.heal()
      await on.equal()
      on.expects(`
        -  before: 3 confirmed
        ~  A  would not vote for B: it hears a leader
        ~  C  would not vote for B: it hears a leader
        -  after: 3 confirmed
        -  the network is healed
        -  everything is mended
      `)
    },
  )
})

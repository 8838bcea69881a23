import type { SimulatedBroker } from '../world/simulated-broker.ts'
import { scenario } from './scenario.ts'

/** A record of its own frame: the start of the next epoch does not travel with it. */
const LARGE_BYTES = 1_200_000

const holds = (broker: SimulatedBroker, bytes: number) => broker.bytesWritten > bytes

// Figure 8 of the Raft paper, with A and C as its S1 and S5: a record of an old epoch that a
// majority holds is not committed, and may be cut, as long as nothing of a new epoch stands behind
// it (R20, R21).
scenario(
  'W1 a record of an old epoch on a majority of five is not committed by counting (figure 8)',
  { replicas: 5, seed: 1 },
  async (on, { a, b, c, d, e }) => {
    await on.confirm('kept', 3)

    // (a) A leads in epoch 1, and only B has its record.
    on.split([a, b], [c, d, e])
    on.offer('half', 1, LARGE_BYTES)
    await on.until(() => holds(a, LARGE_BYTES), 'A has no record')
    const half = a.witness.log.length
    await on.until(() => b.witness.log.length === half, 'B has no record of A')
    b.pause()
    a.kill()

    // (b) C leads in epoch 2, and nobody has its record.
    await on.winsUnheard(c)

    // (c) A comes back and gives the record to D, so that three have it, and have told A so. Of its
    // epoch 3 nobody hears more.
    a.start()
    on.atNext(a, 'allocateEpoch', () => {
      a.disk.delayed = { kind: 'write', ms: 400, on: '.log' }
    })
    on.atNext(a, 'openEpoch', () => {
      on.cut(a, e)
      b.resume()
    })
    const acked = (broker: SimulatedBroker) => on.acksOf(broker, 3).includes(half)
    await on.until(() => acked(b) && acked(d), 'nobody takes the record of A')
    await on.pass(10)
    b.pause()
    a.kill()

    // (d) C comes back, and its epoch is above theirs.
    on.heal()
    c.start()
    await on.leads(c)
    b.resume()
    await on.confirmed('half')
    on.expects(`
      -  kept: 3 confirmed
      -  A, B | C, D, E
      -  half: 1 sent
      B  is paused
      A  is killed
      ~  D  votes for C in epoch 2, itself at 1/6
      ~  E  votes for C in epoch 2, itself at 1/6
      C  wins epoch 2
      -  C is cut off from the others
      C  is killed
      -  the network is healed
      A  starts
      A  opens its store: 1/8
      ~  D  votes for A in epoch 3, itself at 1/6
      ~  E  votes for A in epoch 3, itself at 1/6
      A  wins epoch 3
      B  goes on
      B  is paused
      A  is killed
      -  the network is healed
      C  starts
      C  opens its store: 2/7
      ~  D  votes for C in epoch 4, itself at 1/8
      ~  E  votes for C in epoch 4, itself at 1/6
      C  wins epoch 4
      ~  C  leads in epoch 4
      ~  D  cuts its log after 6
      B  goes on
      B  cuts its log after 6
      -  half: all confirmed
      -  everything is mended
      A  starts
      A  opens its store: 1/8, 1 records gone
      A  cuts its log after 6
      `)
  },
)

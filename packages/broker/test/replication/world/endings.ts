import assert from 'node:assert/strict'
import type { FakeNode } from './fake-node.ts'
import type { ReplicaWorld } from './replica-world.ts'
import { Trap } from './trap.ts'

/**
 * What is tried in the end, when all is quiet and nobody sends: what follows from it cannot be
 * blamed on anything else.
 */
const endings: readonly ((world: ReplicaWorld) => void)[] = [
  mustNotUnseat,
  mustNotUnseat,
  mustStepDown,
  mustStepDown,
  mustTakeIn,
  mustCutOnce,
  mustBeginAnew,
]

export function playEnding(world: ReplicaWorld): void {
  if (world.scheduler.random() < 0.85) world.scheduler.pick(endings)(world)
}

/**
 * S12, R11: a follower that does not hear the leader any more unseats nobody who is heard, though
 * it has all that there is, because nobody sends.
 */
function mustNotUnseat(world: ReplicaWorld): void {
  const leader = world.untilLed()
  // Whoever is on its way to another epoch still shall have arrived.
  world.run(1_000)
  const follower = [...world.nodes.values()].find((node) => node !== leader)
  if (follower === undefined || !leader.serving) return
  const { epochs } = world.ledger
  world.cut(leader.id, follower.id, { oneWay: true })
  world.run(4_000)
  world.heal()
  world.run(3_000)
  assert.equal(world.ledger.epochs, epochs, `${follower.id} has unseated ${leader.id} (S12)`)
}

/** R25: a leader that nobody answers gives up, so that its clients look for another one. */
function mustStepDown(world: ReplicaWorld): void {
  const leader = world.untilLed()
  for (const node of world.nodes.values()) if (node !== leader) world.cut(leader.id, node.id)
  world.run(2_600)
  assert.ok(!leader.serving, `${leader.id} serves without a quorum (R25)`)
  world.heal()
  world.untilLed()
  world.run(3_000)
}

/** R14, R17: whose connection breaks twice in a row gets one more session, and is fed in it. */
function mustTakeIn(world: ReplicaWorld): void {
  const leader = world.untilLed()
  world.run(1_000)
  if (!leader.serving) return
  const follower = world.scheduler.pick([...world.nodes.values()].filter((node) => node !== leader))
  const { epochs } = world.ledger
  const strike = () => world.network.echo(leader.id, follower.id)
  const point = world.scheduler.pick(['sessionStart', 'sessionStart', 'matched', 'append'] as const)
  leader.trap = new Trap(point, 1, strike)
  world.network.echo(leader.id, follower.id)
  world.run(1_000)
  leader.trap = null
  leader.propose('for everybody')
  world.run(2_000)
  assert.equal(world.ledger.epochs, epochs, `${leader.id} is unseated by a broken connection (S12)`)
}

/** R13, R17: an order to cut the log that arrives two sessions late cuts nothing. */
function mustCutOnce(world: ReplicaWorld): void {
  const former = world.untilLed()
  world.run(1_000)
  for (const node of world.nodes.values()) if (node !== former) world.cut(former.id, node.id)
  for (const word of ['not', 'for', 'long']) former.propose(word)
  // Until its leadership has ended.
  world.run(2_600)
  const leader = world.untilLed()
  const strike = () => world.network.echo(leader.id, former.id)
  leader.trap = new Trap('truncateTo', 1, strike)
  world.heal()
  world.run(400)
  leader.trap = null
  leader.propose('kept')
  world.run(100)
  world.network.echo(leader.id, former.id)
  world.run(2_000)
}

/**
 * R17: what a follower said before it lost its power counts for nothing: not in its next session,
 * nor when the same leader leads again, in sessions of the same numbers.
 */
function mustBeginAnew(world: ReplicaWorld): void {
  resign(world.untilLed())
  world.run(3_000)
  const leader = world.untilLed()
  const followers = [...(leader.replica?.leadership?.followers ?? [])]
  // Whoever is restarted is the last that the leader asks into a session.
  const last = followers.find(({ session }) => session === followers.length)
  const follower = last && world.nodes.get(last.peer.nodeId)
  if (follower === undefined || !leader.serving) return
  const others = [...world.nodes.values()].filter((node) => node !== leader && node !== follower)
  const frames = world.scheduler.pick([1, 2, 3, 4])
  const leadsAgain = world.scheduler.random() < 0.6
  const strike = () => {
    world.network.echo(follower.id, leader.id, { connections: 1, frames })
    follower.crash({ powerCut: true })
    follower.start()
    if (!leadsAgain) return
    resign(leader)
    for (const node of others) node.pause()
    world.scheduler.after(1_000, () => others.forEach((node) => node.resume()))
  }
  follower.trap = new Trap('ack', 1, strike)
  for (const word of ['so', 'far', 'so', 'good']) leader.propose(word)
  world.run(3_000)
  follower.trap = null
}

function resign(leader: FakeNode): void {
  leader.deliver({ type: 'stepDown', reason: 'told so' })
}

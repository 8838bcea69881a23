import assert from 'node:assert/strict'
import type { Trial } from './trial.ts'

/** Sessions live for two seconds, and everything is read again every five. */
const AWAY_MS = 6_000
/** For a session, and its place among the members, when nothing is wrong. */
const KNOWN_MS = 1_000
/** R24: the leader's machine says at once that its process is gone. */
const ELECTED_MS = 3_000
/** Ahead of everything that was ever asked for. */
const MANY_EPOCHS = 300
/** Of one election: candidates that got in each other's way ask once more. */
const REQUESTS_MAX = 6

/** R26: whoever has a quorum goes on without the coordination service, and comes back to it. */
export async function serviceAway(trial: Trial): Promise<void> {
  const { simulation, chance } = trial
  trial.tell('the coordination service is away')
  const during = 'while the coordination service is away'
  simulation.coordination.goDown()
  await trial.nothingMoves(AWAY_MS, during)
  const follower = chance.pick(trial.followers)
  trial.tell(`${follower.id} is started again without it`)
  follower.kill()
  await simulation.run(chance.between(0, 500))
  follower.start()
  await trial.followed(during)
  await trial.nothingMoves(0, during)
  simulation.coordination.comeUp()
  await trial.nothingMoves(AWAY_MS, 'when the coordination service is back')
}

/** R26: the service does not see a node any more, and all others still do. */
export async function unknownToTheService(trial: Trial): Promise<void> {
  const { simulation, chance } = trial
  const victim = chance.pick(simulation.brokers)
  trial.tell(`${victim.id} cannot reach the coordination service`)
  simulation.network.cut(victim.id, 'zk')
  simulation.network.cut('zk', victim.id)
  await trial.nothingMoves(AWAY_MS, `while the service does not see ${victim.id}`)
  await trial.followed(`while the service does not see ${victim.id}`)
  simulation.healNetwork()
  await trial.nothingMoves(AWAY_MS, `when the service sees ${victim.id} again`)
}

/** A node that is started again takes its place back from the session of its former life. */
export async function startedAgain(trial: Trial): Promise<void> {
  const { simulation, chance } = trial
  const node = chance.pick(simulation.brokers)
  trial.tell(`${node.id} is started again`)
  const ghost = sessionOf(trial, node.id)
  node.kill()
  await simulation.run(chance.between(0, 300))
  node.start()
  const isKnown = () => {
    const session = sessionOf(trial, node.id)
    return session !== null && session !== ghost
  }
  await simulation.until(isKnown, KNOWN_MS, `${node.id} is unknown to the coordination service`)
  await trial.followed(`after ${node.id} was started again`)
}

/** R5: a register that forgot everything is told what is promised, and no epoch is refused. */
export async function epochsForgotten(trial: Trial): Promise<void> {
  const { simulation } = trial
  const { coordination } = simulation
  coordination.rollBackEpoch(-MANY_EPOCHS)
  await failover(trial, 'after many elections')
  trial.tell('the register of epochs forgets them')
  coordination.rollBackEpoch(MANY_EPOCHS)
  let requests = 0
  coordination.losesAnswerTo = (request) => {
    if (isEpochRequest(request)) requests++
    return false
  }
  await failover(trial, 'after the epochs were forgotten')
  assert.ok(requests <= REQUESTS_MAX, `${requests} epochs were asked for in one election (R5)`)
}

async function failover(trial: Trial, during: string): Promise<void> {
  const { simulation, leader } = trial
  leader.kill()
  await simulation.until(
    () => simulation.leader !== undefined,
    ELECTED_MS,
    `nobody is elected, ${during},`,
  )
  leader.start()
  await trial.followed(during)
}

/** Who stands among the members under that name. */
function sessionOf({ simulation }: Trial, nodeId: string): bigint | null {
  return simulation.coordination.ownerOf(`/members/${nodeId}`)
}

/** ZooKeeper's code of a write; it stands behind a number of four bytes. */
const SET_DATA = 5

function isEpochRequest(request: Buffer): boolean {
  return request.readInt32BE(4) === SET_DATA && request.includes('/epoch')
}

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type {
  Bootstrap,
  Coordinator,
  CoordinatorEvent,
  LeaderHint,
  Member,
} from '@quorate/broker/coordination/coordinator'
import { BrokerError } from '@quorate/core/base/errors'
import { Waiting } from './waiting.ts'

/** A coordinator and the cable between it and its service. */
export interface TestedCoordinator {
  readonly coordinator: Coordinator
  /** Cuts it off; its session goes on for the harness's session timeout. */
  cut(): void
  heal(): void
}

export interface CoordinatorHarness {
  readonly sessionTimeoutMs: number
  /** Every call with one `cluster` gives another broker of that cluster; clusters are apart. */
  join(cluster: string): TestedCoordinator
  stop(): Promise<void>
}

export function memberOf(nodeId: string, changes: Partial<Member> = {}): Member {
  return {
    nodeId,
    storeUuid: `store-of-${nodeId}`,
    empty: true,
    replicationAddress: `${nodeId}.example:61619`,
    clientUris: [`tcp://${nodeId}.example:61616`],
    consoleUrl: null,
    state: 'VOTER',
    last: { epoch: 0, index: 0 },
    position: 0,
    weight: 1,
    suspect: false,
    build: '0.1.0',
    clusterId: null,
    ...changes,
  }
}

export function hintOf(epoch: number, nodeId: string): LeaderHint {
  return { epoch, nodeId, clientUris: [`tcp://${nodeId}.example:61616`] }
}

/** A started coordinator with everything that it told its listener. */
export class Broker {
  readonly events: CoordinatorEvent[] = []
  readonly #tested: TestedCoordinator
  readonly #waiting = new Waiting()
  members: readonly Member[] = []
  leader: LeaderHint | null = null

  constructor(tested: TestedCoordinator, self: Member) {
    this.#tested = tested
    tested.coordinator.start(self, (event) => this.#heard(event))
  }

  get coordinator(): Coordinator {
    return this.#tested.coordinator
  }

  get nodeIds(): string {
    return this.members.map((member) => member.nodeId).join(' ')
  }

  cut(): void {
    this.#tested.cut()
  }

  heal(): void {
    this.#tested.heal()
  }

  sessionStates(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'session' ? [event.state] : []))
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return this.#waiting.until(holds, () => `until ${what}: ${JSON.stringify(this.events)}`)
  }

  untilMembers(nodeIds: string): Promise<void> {
    return this.until(`the members are "${nodeIds}"`, () => this.nodeIds === nodeIds)
  }

  untilLeader(epoch: number | undefined): Promise<void> {
    return this.until(`the leader's epoch is ${epoch}`, () => this.leader?.epoch === epoch)
  }

  untilSession(state: string): Promise<void> {
    return this.until(`the session is ${state}`, () => this.sessionStates().includes(state))
  }

  #heard(event: CoordinatorEvent): void {
    this.events.push(event)
    if (event.type === 'members') this.members = event.members
    if (event.type === 'leader') this.leader = event.leader
    this.#waiting.heard()
  }
}

/** What every Coordinator promises, whatever its service is. */
export function coordinatorSuite(name: string, open: () => Promise<CoordinatorHarness>): void {
  describe(`coordinator: ${name}`, () => {
    const house: { harness?: CoordinatorHarness; clusters: number } = { clusters: 0 }
    before(async () => {
      house.harness = await open()
    })
    after(async () => {
      await house.harness?.stop()
    })
    /** Runs a test with brokers of a cluster of its own, and stops them whatever happens. */
    const cluster =
      (work: (join: Join, harness: CoordinatorHarness) => Promise<void>) => async () => {
        const { harness } = house
        assert.ok(harness !== undefined)
        const brokers: Broker[] = []
        const clusterName = `cluster${house.clusters++}`
        const join: Join = (nodeId, changes = {}) => {
          const broker = new Broker(harness.join(clusterName), memberOf(nodeId, changes))
          brokers.push(broker)
          return broker
        }
        try {
          await work(join, harness)
        } finally {
          for (const broker of brokers) broker.heal()
          await Promise.all(brokers.map((broker) => broker.coordinator.stop()))
        }
      }
    membership(cluster)
    sessions(cluster)
    leadership(cluster)
    epochs(cluster)
    bootstrapping(cluster)
  })
}

type Join = (nodeId: string, changes?: Partial<Member>) => Broker
type Cluster = (
  work: (join: Join, harness: CoordinatorHarness) => Promise<void>,
) => () => Promise<void>

function membership(cluster: Cluster): void {
  it(
    'shows every member to every member, itself included, in the order of node ids',
    cluster(async (join) => {
      const b = join('b')
      const a = join('a')
      await Promise.all([a.untilMembers('a b'), b.untilMembers('a b')])
      assert.deepEqual(a.members, [memberOf('a'), memberOf('b')])
      assert.deepEqual(b.members, a.members)
    }),
  )
  it(
    'shows the newest of many updates',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      await a.untilMembers('a b')
      for (let index = 1; index <= 50; index++) {
        b.coordinator.update(memberOf('b', { last: { epoch: 1, index }, position: index * 100 }))
      }
      await a.until('b is at 50', () => a.members[1]?.last.index === 50)
      assert.equal(a.members[1]?.position, 5000)
    }),
  )
  it(
    'forgets a member that stops, without waiting for its session to time out',
    cluster(async (join, harness) => {
      const a = join('a')
      const b = join('b')
      await a.untilMembers('a b')
      const startedMs = performance.now()
      await b.coordinator.stop()
      await a.untilMembers('a')
      assert.ok(performance.now() - startedMs < harness.sessionTimeoutMs)
    }),
  )
  it(
    'takes over the node of its own previous process, which was killed',
    cluster(async (join) => {
      const witness = join('w')
      const killed = join('a', { state: 'before' })
      await witness.untilMembers('a w')
      killed.cut()
      join('a', { state: 'after' })
      await witness.until('the new a is seen', () => witness.members[0]?.state === 'after')
      assert.equal(witness.nodeIds, 'a w')
    }),
  )
  it(
    'leaves the node of another broker with the same node id alone until that one is gone',
    cluster(async (join) => {
      const first = join('a')
      await first.untilMembers('a')
      const twin = join('a', { storeUuid: 'another', replicationAddress: 'elsewhere:1' })
      await twin.untilMembers('a')
      assert.equal(twin.members[0]?.storeUuid, 'store-of-a')
      await first.coordinator.stop()
      await twin.until('it is its turn', () => twin.members[0]?.storeUuid === 'another')
    }),
  )
  it(
    'reports members and leader only when they changed',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      await a.untilMembers('a b')
      a.coordinator.claimLeader(hintOf(1, 'a'))
      await b.untilLeader(1)
      const told = b.events
        .filter((event) => event.type !== 'session')
        .map((e) => JSON.stringify(e))
      told.forEach((event, i) => assert.equal(told.indexOf(event), i, `told twice: ${event}`))
    }),
  )
}

function sessions(cluster: Cluster): void {
  it(
    'says so when the service is out of reach, and takes no member away (R26)',
    cluster(async (join) => {
      const a = join('a')
      await a.untilMembers('a')
      a.cut()
      await a.untilSession('disconnected')
      assert.equal(a.nodeIds, 'a')
      a.heal()
      await a.until(
        'it is connected again',
        () => a.sessionStates().at(-1) === 'connected' && a.sessionStates().length >= 3,
      )
    }),
  )
  it(
    'announces itself and its leadership again after its session expired (R26)',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      await b.untilMembers('a b')
      a.coordinator.claimLeader(hintOf(3, 'a'))
      await b.untilLeader(3)
      a.cut()
      await b.untilMembers('b')
      await b.untilLeader(undefined)
      a.heal()
      await a.untilSession('expired')
      await b.untilMembers('a b')
      await b.untilLeader(3)
      assert.deepEqual(a.sessionStates().slice(-2), ['expired', 'connected'])
    }),
  )
  it(
    'carries out at the next connection what was wished meanwhile',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      await b.untilMembers('a b')
      a.cut()
      await a.untilSession('disconnected')
      a.coordinator.update(memberOf('a', { state: 'LEADER' }))
      a.coordinator.claimLeader(hintOf(7, 'a'))
      a.heal()
      await b.untilLeader(7)
      await b.until('the state is seen', () => b.members[0]?.state === 'LEADER')
    }),
  )
  it(
    'rejects operations with COORDINATION_LOST while the service is out of reach',
    cluster(async (join) => {
      const a = join('a')
      await a.untilSession('connected')
      a.cut()
      await a.untilSession('disconnected')
      await Promise.all([
        assert.rejects(a.coordinator.allocateEpoch(0), isLost),
        assert.rejects(a.coordinator.readBootstrap(), isLost),
      ])
    }),
  )
  it(
    'rejects operations after it was stopped',
    cluster(async (join) => {
      const a = join('a')
      await a.untilSession('connected')
      await a.coordinator.stop()
      await assert.rejects(a.coordinator.allocateEpoch(0), isLost)
    }),
  )
}

function leadership(cluster: Cluster): void {
  it(
    'shows a leader hint until it is released',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      a.coordinator.claimLeader(hintOf(1, 'a'))
      await b.untilLeader(1)
      assert.deepEqual(b.leader, hintOf(1, 'a'))
      a.coordinator.releaseLeader()
      await b.untilLeader(undefined)
    }),
  )
  it(
    'replaces a stale hint, and only by a higher epoch',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      a.coordinator.claimLeader(hintOf(5, 'a'))
      await b.untilLeader(5)
      b.coordinator.claimLeader(hintOf(4, 'b'))
      // The next epoch proves that the wish for 4 has been looked at and passed over.
      await b.coordinator.allocateEpoch(5)
      assert.equal(b.leader?.epoch, 5)
      b.coordinator.claimLeader(hintOf(6, 'b'))
      await Promise.all([a.untilLeader(6), b.untilLeader(6)])
      assert.equal(a.leader?.nodeId, 'b')
    }),
  )
  it(
    'does not take the hint back from a newer leader after its session expired',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      a.coordinator.claimLeader(hintOf(1, 'a'))
      await b.untilLeader(1)
      a.cut()
      b.coordinator.claimLeader(hintOf(2, 'b'))
      await b.untilLeader(2)
      await b.untilMembers('b')
      a.heal()
      await b.untilMembers('a b')
      await a.untilLeader(2)
      assert.equal(b.leader?.epoch, 2)
    }),
  )
  it(
    'withdraws the hint of a leader that stops',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      a.coordinator.claimLeader(hintOf(1, 'a'))
      await b.untilLeader(1)
      await a.coordinator.stop()
      await b.untilLeader(undefined)
    }),
  )
}

function epochs(cluster: Cluster): void {
  it(
    'allocates above every number given out and above the one asked for (R5)',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      const first = await a.coordinator.allocateEpoch(0)
      const second = await b.coordinator.allocateEpoch(0)
      const third = await a.coordinator.allocateEpoch(89)
      assert.equal(first.epoch, 1)
      assert.equal(second.epoch, 2)
      assert.equal(third.epoch, 90, 'an ensemble that was wiped heals itself (W10)')
      assert.notEqual(first.nonce, third.nonce)
    }),
  )
  it(
    'never gives one number twice, whoever asks at the same time (W20)',
    cluster(async (join) => {
      const brokers = ['a', 'b', 'c'].map((nodeId) => join(nodeId))
      const grants = await Promise.all(
        brokers.flatMap((broker) => [0, 1, 2, 3].map(() => broker.coordinator.allocateEpoch(0))),
      )
      assert.equal(new Set(grants.map((grant) => grant.epoch)).size, grants.length)
      assert.equal(new Set(grants.map((grant) => grant.nonce)).size, grants.length)
    }),
  )
}

function bootstrapping(cluster: Cluster): void {
  const bootstrapOf = (clusterId: string): Bootstrap => ({
    clusterId,
    seats: [{ nodeId: 'a', storeUuid: 'ua' }, null, { nodeId: 'c', storeUuid: 'uc' }],
  })
  it(
    'creates the first configuration once, and everybody reads that one (R2)',
    cluster(async (join) => {
      const a = join('a')
      const b = join('b')
      assert.equal(await a.coordinator.readBootstrap(), null)
      const created = await Promise.all([
        a.coordinator.createBootstrap(bootstrapOf('one')),
        b.coordinator.createBootstrap(bootstrapOf('other')),
      ])
      assert.deepEqual(created[0], created[1])
      assert.deepEqual(await b.coordinator.readBootstrap(), created[0])
      const later = await a.coordinator.createBootstrap(bootstrapOf('late'))
      assert.deepEqual(later, created[0])
    }),
  )
  it(
    'takes any number of configurations to mirror',
    cluster(async (join) => {
      const a = join('a')
      for (let version = 1; version <= 20; version++) {
        a.coordinator.publishConfig(JSON.stringify({ version }))
      }
      await a.untilMembers('a')
      await a.coordinator.allocateEpoch(0)
    }),
  )
}

function isLost(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'COORDINATION_LOST'
}

import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { BrokerError } from '@quorate/core/base/errors'
import { systemEntropy } from '@quorate/core/base/entropy'
import { silentLog } from '@quorate/core/base/log'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type {
  Bootstrap,
  Coordinator,
  CoordinatorEvent,
  CoordinatorListener,
  LeaderHint,
  Member,
  Seat,
} from '../../src/coordination/coordinator.ts'
import type { ConfigEntry } from '../../src/replication/config-history.ts'
import { ClusterMembership } from '../../src/replication/cluster-membership.ts'
import type { ReplicaMeta } from '../../src/replication/meta.ts'
import { encodeMeta } from '../../src/replication/meta.ts'
import { ReplicaNode } from '../../src/replication/replica-node.ts'
import { parseSyncLevel } from '../../src/replication/sync-level.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'
import { TwoSlotFile } from '../../src/store/two-slot-file.ts'
import { sampleMember } from '../coordination/sample-member.ts'

/** A coordination service that one node sees; the test decides what it knows. */
class FakeCoordinator implements Coordinator {
  readonly bootstrapPath = '/x.quorate/b/bootstrap'
  bootstrap: Bootstrap | null = null
  self: Member | null = null
  hint: LeaderHint | null = null
  config = ''
  #listener: CoordinatorListener = () => undefined

  start(self: Member, listener: CoordinatorListener): void {
    this.self = self
    this.#listener = listener
  }
  update(self: Member): void {
    this.self = self
  }
  allocateEpoch(above: number) {
    return Promise.resolve({ epoch: above + 1, nonce: 'n' })
  }
  readBootstrap(): Promise<Bootstrap | null> {
    return Promise.resolve(this.bootstrap)
  }
  createBootstrap(bootstrap: Bootstrap): Promise<Bootstrap> {
    this.bootstrap ??= bootstrap
    return Promise.resolve(this.bootstrap)
  }
  claimLeader(hint: LeaderHint): void {
    this.hint = hint
  }
  releaseLeader(): void {
    this.hint = null
  }
  publishConfig(json: string): void {
    this.config = json
  }
  stop(): Promise<void> {
    return Promise.resolve()
  }

  tell(event: CoordinatorEvent): void {
    this.#listener(event)
  }

  /** Connected, and these others are there. */
  show(...others: readonly Member[]): void {
    this.tell({ type: 'session', state: 'connected' })
    const members = this.self === null ? others : [this.self, ...others]
    this.tell({ type: 'members', members })
  }
}

function other(nodeId: string, change: Partial<Member> = {}): Member {
  return sampleMember(nodeId, { replicationAddress: '127.0.0.1:9', ...change })
}

interface Options {
  readonly fileSystem?: MemoryFileSystem
  readonly stepDownOnZkExpiry?: boolean
  readonly replicas?: number
}

async function member(t: TestContext, options: Options = {}) {
  const clock = new ManualClock()
  const steppedDown: string[] = []
  const node = await ReplicaNode.open({
    directory: '/data/a',
    fileSystem: options.fileSystem ?? new MemoryFileSystem(),
    brokerName: 'b',
    nodeId: 'a',
    bindHost: '127.0.0.1',
    bindPort: 0,
    securityToken: '',
    weight: 1,
    sync: parseSyncLevel('quorum_disk'),
    timings: { heartbeatMs: 100, stickyMs: 800, leaseMs: 600, quorumTimeoutMs: 2_000 },
    segmentSizeBytes: 1 << 20,
    bootId: 'boot',
    clock,
    entropy: systemEntropy,
    network: tcpNetwork,
    log: silentLog,
    schedule: (work) => queueMicrotask(work),
    allocateEpoch: () => Promise.reject(new Error('none')),
    listener: {
      lead: () => undefined,
      stepDown: (reason) => steppedDown.push(reason),
      restarted: () => undefined,
      advanced: () => undefined,
      fatal: (error) => assert.fail(error),
    },
  })
  t.after(() => node.stop())
  const coordinator = new FakeCoordinator()
  const joined: string[] = []
  const fatal: BrokerError[] = []
  const told: string[] = []
  const errors: unknown[] = []
  const membership = new ClusterMembership({
    coordinator,
    node,
    brokerName: 'orders',
    zkAddress: 'zk1:2181',
    replicas: options.replicas ?? 3,
    dataDirectory: '/data/a',
    bootstrapGraceMs: 10_000,
    stepDownOnZkExpiry: options.stepDownOnZkExpiry ?? false,
    replicationAddress: '127.0.0.1:1',
    clientUris: ['tcp://a:61616'],
    consoleUrl: '',
    build: '0',
    clock,
    entropy: systemEntropy,
    log: {
      ...silentLog,
      info: (message) => told.push(message),
      error: (message, fields) => errors.push([message, fields]),
    },
    onJoined: (clusterId) => joined.push(clusterId),
    onMembers: () => undefined,
    onFatal: (error) => fatal.push(error),
  })
  t.after(() => membership.stop())
  membership.start()
  const settle = async () => {
    for (let i = 0; i < 20; i++) await setImmediate()
  }
  return { clock, node, coordinator, joined, fatal, told, errors, membership, settle }
}

/** A node that founded a cluster with others, and stopped. */
async function founder(t: TestContext) {
  const fileSystem = new MemoryFileSystem()
  const { coordinator, joined, node, settle } = await member(t, { fileSystem })
  coordinator.show(other('b'), other('c'))
  await settle()
  await node.stop()
  return { fileSystem, joined, bootstrap: coordinator.bootstrap }
}

/** A node of cluster X that stopped, whose meta file says this. */
async function stopped(t: TestContext, change: Partial<ReplicaMeta>): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  const first = await member(t, { fileSystem })
  first.coordinator.bootstrap = founded
  first.coordinator.show()
  await first.settle()
  await first.node.stop()
  const { file } = await TwoSlotFile.open({ fileSystem, path: '/data/a/meta' })
  await file.write(encodeMeta({ ...first.node.replica.meta, logStart: EMPTY_LOG, ...change }))
  await file.close()
  return fileSystem
}

const configOf = (version: number, seats: readonly (Seat | null)[]): ConfigEntry => {
  return { index: 0, epoch: 0, config: { version, seats } }
}

const seat = (nodeId: string) => ({ nodeId, storeUuid: `${nodeId}-1` })
const founded: Bootstrap = { clusterId: 'X', seats: ['b', 'c', 'd'].map(seat) }

describe('cluster membership', () => {
  it('announces an empty store, and founds the cluster when all are there (R2)', async (t) => {
    const { clock, coordinator, node, joined, settle } = await member(t)
    assert.equal(coordinator.self?.empty, true)
    coordinator.show(other('b'))
    await settle()
    assert.deepEqual([joined, await coordinator.readBootstrap()], [[], null])
    coordinator.show(other('b'), other('c'))
    await settle()
    const found = await coordinator.readBootstrap()
    assert.deepEqual(joined, [found?.clusterId])
    assert.equal(node.replica.role, 'follower')
    clock.advance(500)
    assert.equal(coordinator.self?.clusterId, found?.clusterId)
    assert.equal(coordinator.self?.empty, false)
  })

  it('founds with a quorum when the grace period is over (R2)', async (t) => {
    const { clock, coordinator, joined, settle } = await member(t)
    coordinator.show(other('b'))
    clock.advance(10_500)
    await settle()
    assert.equal(joined.length, 1)
    assert.equal(coordinator.bootstrap?.seats.at(-1), null)
  })

  it('joins a cluster that others have founded as a learner (R1)', async (t) => {
    const { coordinator, node, joined, settle } = await member(t)
    coordinator.bootstrap = founded
    coordinator.show()
    await settle()
    assert.deepEqual(joined, ['X'])
    assert.equal(node.replica.role, 'learner')
  })

  it('says that nothing is served where the only seat is held by another store', async (t) => {
    const { coordinator, joined, node, told, errors, settle } = await member(t, { replicas: 1 })
    coordinator.bootstrap = { clusterId: 'X', seats: [seat('a')] }
    coordinator.show()
    await settle()
    assert.deepEqual([joined, node.replica.role], [['X'], 'learner'])
    assert.equal(told.at(-1), 'joins the cluster as a learner')
    const [[message, fields]] = errors as [[string, unknown]]
    assert.match(
      message,
      /^the only seat of this cluster is held by another store .* nothing is served/,
    )
    assert.deepEqual([errors.length, fields], [1, { dataDirectory: '/data/a' }])
  })

  it('founds nothing beside a member that belongs to a cluster (R2)', async (t) => {
    const { clock, coordinator, joined, settle } = await member(t)
    coordinator.show(other('b'), other('c', { clusterId: 'X', empty: false }))
    clock.advance(60_000)
    await settle()
    assert.deepEqual([joined, coordinator.bootstrap], [[], null])
  })

  it('puts the founding back when the service was wiped (R2)', async (t) => {
    const { fileSystem, joined, bootstrap } = await founder(t)
    const again = await member(t, { fileSystem })
    assert.deepEqual(again.joined, joined)
    again.coordinator.show()
    await again.settle()
    assert.deepEqual(again.coordinator.bootstrap, bootstrap)
  })

  it('puts back the seats of the founding, not those of today (R2)', async (t) => {
    const later = configOf(9, [...founded.seats.slice(1), { nodeId: 'a', storeUuid: 'a-9' }])
    const fileSystem = await stopped(t, { configs: [configOf(1, founded.seats), later] })
    const again = await member(t, { fileSystem })
    again.coordinator.show()
    await again.settle()
    assert.deepEqual(again.coordinator.bootstrap, founded)
  })

  it('puts back vacant seats where it has forgotten who was there: the log tells who votes', async (t) => {
    const fileSystem = await stopped(t, { configs: [configOf(9, founded.seats)] })
    const again = await member(t, { fileSystem })
    again.coordinator.show()
    await again.settle()
    const vacant = { clusterId: 'X', seats: [null, null, null] }
    assert.deepEqual(again.coordinator.bootstrap, vacant)
    const newcomer = await member(t)
    newcomer.coordinator.bootstrap = vacant
    newcomer.coordinator.show()
    await newcomer.settle()
    assert.equal(newcomer.node.replica.role, 'learner')
  })

  it('leaves it to others to put back what it never had', async (t) => {
    const fileSystem = await stopped(t, { configs: [] })
    const again = await member(t, { fileSystem })
    again.coordinator.show()
    await again.settle()
    assert.equal(again.coordinator.bootstrap, null)
  })

  it('gives those who were there before the time to come back to a new session (R2)', async (t) => {
    const { clock, coordinator, settle } = await member(t)
    clock.advance(60_000)
    coordinator.show(other('b'))
    await settle()
    assert.equal(coordinator.bootstrap, null)
    clock.advance(9_000)
    coordinator.tell({ type: 'session', state: 'expired' })
    coordinator.show(other('b'))
    clock.advance(9_000)
    await settle()
    assert.equal(coordinator.bootstrap, null)
    clock.advance(1_500)
    await settle()
    assert.notEqual(coordinator.bootstrap, null)
  })

  it('puts it back as well when the service was wiped under a running node (R2)', async (t) => {
    const { coordinator, joined, settle } = await member(t)
    coordinator.show(other('b'), other('c'))
    await settle()
    const { bootstrap } = coordinator
    coordinator.bootstrap = null
    coordinator.tell({ type: 'session', state: 'expired' })
    coordinator.show(other('b'), other('c'))
    await settle()
    assert.deepEqual(coordinator.bootstrap, bootstrap)
    assert.equal(joined.length, 1)
  })

  it('goes on in its cluster when the service suddenly knows another one (R26)', async (t) => {
    const { clock, coordinator, fatal, joined, told, settle } = await member(t)
    coordinator.show(other('b'), other('c'))
    await settle()
    const own = coordinator.bootstrap
    told.length = 0
    coordinator.bootstrap = founded
    coordinator.tell({ type: 'session', state: 'expired' })
    coordinator.show(other('b'), other('c'))
    await settle()
    assert.deepEqual([fatal, joined.length], [[], 1])
    // Once somebody has taken the foreign one away, its own is put back.
    coordinator.bootstrap = null
    clock.advance(9_000)
    await settle()
    assert.equal(coordinator.bootstrap, null)
    clock.advance(1_500)
    await settle()
    assert.deepEqual(coordinator.bootstrap, own)
    assert.deepEqual(told, ['the coordination service knows this cluster: nodes can join it'])
  })

  it('refuses the cluster of somebody else, and says what can be done about it (R2)', async (t) => {
    const { fileSystem } = await founder(t)
    const again = await member(t, { fileSystem })
    again.coordinator.bootstrap = founded
    again.coordinator.show()
    await again.settle()
    assert.equal(again.fatal[0]?.code, 'FOREIGN_CLUSTER')
    const advice = new RegExp(
      '^The data in /data/a belongs to .*/b/bootstrap names cluster X\\..*' +
        ' delete that znode.* move the',
    )
    assert.match(again.fatal[0]?.message ?? '', advice)
  })

  it('joins no cluster that has another number of seats', async (t) => {
    const { coordinator, fatal, settle } = await member(t)
    coordinator.bootstrap = { clusterId: 'X', seats: [...founded.seats, null, null] }
    coordinator.show()
    await settle()
    assert.equal(fatal[0]?.code, 'CONFIG_INVALID')
  })

  it('believes its own log rather than the service how many seats there are', async (t) => {
    const fileSystem = await stopped(t, { configs: [configOf(1, founded.seats)] })
    const { coordinator, fatal, settle } = await member(t, { fileSystem })
    coordinator.bootstrap = { clusterId: 'X', seats: [...founded.seats, null, null] }
    coordinator.show()
    await settle()
    assert.deepEqual(fatal, [])
  })

  it('says after a while that the service does not answer, until it does', async (t) => {
    const { clock, coordinator, membership, settle } = await member(t)
    clock.advance(4_000)
    assert.equal(membership.doubt, null)
    clock.advance(2_000)
    assert.match(membership.doubt ?? '', /^ZooKeeper at zk1:2181 \(zkAddress\) does not answer/)
    coordinator.show()
    await settle()
    assert.match(membership.doubt ?? '', /^waiting for 3 nodes to found the cluster "orders", 1 /)
  })

  it('goes on asking while the service does not answer', async (t) => {
    const { clock, coordinator, joined, settle } = await member(t)
    const readBootstrap = coordinator.readBootstrap.bind(coordinator)
    coordinator.readBootstrap = () => Promise.reject(new Error('not now'))
    coordinator.bootstrap = founded
    coordinator.show()
    await settle()
    assert.deepEqual(joined, [])
    coordinator.readBootstrap = readBootstrap
    clock.advance(500)
    await settle()
    assert.deepEqual(joined, ['X'])
  })

  it('publishes the leader and the configuration, and takes the hint back', async (t) => {
    const { coordinator, membership, settle } = await member(t)
    coordinator.show(other('b'), other('c'))
    await settle()
    membership.claim(4)
    assert.deepEqual(coordinator.hint, { epoch: 4, nodeId: 'a', clientUris: ['tcp://a:61616'] })
    assert.match(coordinator.config, /"seats"/)
    membership.release()
    assert.equal(coordinator.hint, null)
  })

  it('takes a lost session for what it is: a lost hint (R26)', async (t) => {
    for (const stepDownOnZkExpiry of [false, true]) {
      const { coordinator, node, membership } = await member(t, { stepDownOnZkExpiry })
      const asked: string[] = []
      const dispatch = node.dispatch.bind(node)
      node.dispatch = (event) => {
        asked.push(event.type)
        dispatch(event)
      }
      coordinator.tell({ type: 'session', state: 'disconnected' })
      coordinator.tell({ type: 'session', state: 'expired' })
      assert.equal(membership.session, 'expired')
      assert.deepEqual(asked, stepDownOnZkExpiry ? ['stepDown'] : [])
    }
  })

  it('founds a new cluster with a restored store, and seats the others behind its log', async (t) => {
    const fileSystem = await restored(t)
    const { coordinator, node, fatal, settle } = await member(t, { fileSystem })
    assert.deepEqual([coordinator.self?.empty, coordinator.self?.clusterId], [false, null])
    coordinator.show(other('b'), other('c'))
    await settle()
    const found = await coordinator.readBootstrap()
    assert.deepEqual(fatal, [])
    assert.deepEqual(found?.seats, [{ nodeId: 'a', storeUuid: 'fresh' }, null, null])
    const { configs, clusterId } = node.replica.meta
    assert.deepEqual(configs, [configOf(5, found?.electorate ?? [])])
    assert.deepEqual(
      configs[0]?.config.seats.map((each) => each?.nodeId),
      ['a', 'b', 'c'],
    )
    assert.deepEqual([clusterId, node.replica.role], [found?.clusterId, 'follower'])
  })

  it('an empty store beside a restored one begins as a learner', async (t) => {
    const { coordinator, node, settle } = await member(t)
    coordinator.show(other('b', { empty: false }), other('c'))
    await settle()
    const found = await coordinator.readBootstrap()
    assert.equal(found?.electorate?.length, 3)
    assert.deepEqual(node.replica.meta.configs, [])
    assert.equal(node.replica.role, 'learner')
  })

  it('a restored store takes part in no cluster that is there already', async (t) => {
    const { coordinator, fatal, joined, settle } = await member(t, {
      fileSystem: await restored(t),
    })
    coordinator.bootstrap = founded
    coordinator.show()
    await settle()
    assert.deepEqual([fatal[0]?.code, joined], ['FOREIGN_CLUSTER', []])
    assert.match(
      fatal[0]?.message ?? '',
      /^The data in \/data\/a was restored from a backup .*bootstrap names cluster X\./,
    )
  })

  it('of two restored stores founds with neither, and says so', async (t) => {
    const { clock, coordinator, joined, told, settle } = await member(t, {
      fileSystem: await restored(t),
    })
    coordinator.show(other('b', { empty: false }), other('c'))
    clock.advance(60_000)
    await settle()
    assert.deepEqual(joined, [])
    assert.match(
      told.at(-1) ?? '',
      /^a and b were all restored from a backup: a cluster is founded/,
    )
  })
})

/** A store with one record, in no cluster, whose log tells of a cluster of five before. */
async function restored(t: TestContext): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  const { node } = await member(t, { fileSystem })
  const { tail, segmentStart } = node.journal
  const builder = new BatchBuilder({ tail, segmentStart, epoch: 3, segmentSizeBytes: 1 << 20 })
  builder.add(50, Buffer.from('of then'))
  node.journal.append(builder.take())
  await node.journal.sync()
  await node.stop()
  const { file } = await TwoSlotFile.open({ fileSystem, path: '/data/a/meta' })
  const configs = [configOf(4, ['v', 'w', 'x', 'y', 'z'].map(seat))]
  const promised = { epoch: 3, candidate: '', nonce: '' }
  const change = { configs, promised, storeUuid: 'fresh', commitHint: 1 }
  await file.write(encodeMeta({ ...node.replica.meta, logStart: EMPTY_LOG, ...change }))
  await file.close()
  return fileSystem
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { NodeSettings } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { SmallDisks, smallDisksMissing } from '../support/small-disks.ts'
import { waitUntil } from '../support/wait-until.ts'

const MB = 1024 ** 2
const DEADLINE_MS = 90_000
const DISK_MB = 64
/** What the brokers keep free by themselves: an eighth of the disk. */
const HEAD_ROOM_BYTES = (DISK_MB / 8) * MB
/** Longer than a send takes, shorter than a client waits for its answer. */
const WAITS_MS = 3_000
const NODES = ['node01', 'node02', 'node03']
const QUEUE = 'ORDERS'
const BODY = 'x'.repeat(100_000)
const MESSAGES_MAX = (DISK_MB * MB) / BODY.length

interface Occupied {
  readonly cluster: Cluster
  readonly client: OpenWireClient
}

interface Stage extends Occupied {
  readonly disks: SmallDisks
}

/** Far above what the disks, or the store, may hold. */
const LARGE_LOG_SIZE = '100mb'

/** Segments are small, so that a disk holds many of them, unless it is told otherwise. */
async function onSmallDisks(act: (stage: Stage) => Promise<void>, logSize = '1mb'): Promise<void> {
  const disks = new SmallDisks(NODES, DISK_MB)
  try {
    const { directory } = disks
    await withCluster({ deadlineMs: DEADLINE_MS, directory, logSize }, (cluster) =>
      withClient(cluster, (client) => act({ cluster, disks, client })),
    )
  } finally {
    disks.dispose()
  }
}

async function withClient(
  cluster: Cluster,
  act: (client: OpenWireClient) => Promise<void>,
): Promise<void> {
  const client = new OpenWireClient(cluster.nodes.map((node) => node.ports.client))
  await client.open()
  try {
    await act(client)
  } finally {
    client.close()
  }
}

/** Sends until one is not answered. Returns that one, and how many were before it. */
async function sendUntilOneWaits({
  client,
}: Pick<Occupied, 'client'>): Promise<{ count: number; last: Promise<void> }> {
  for (let count = 0; count < MESSAGES_MAX; count++) {
    const last = client.send(QUEUE, `${count} ${BODY}`)
    if (await isWaiting(last)) return { count, last }
  }
  return assert.fail('the disks took more than they have')
}

/** The disks of all have little left: sends until one waits. */
async function fill(stage: Stage): Promise<{ count: number; last: Promise<void> }> {
  for (const node of NODES) stage.disks.leave(node, HEAD_ROOM_BYTES + 16 * MB)
  const filled = await sendUntilOneWaits(stage)
  assert.ok(filled.count > 50, `only ${filled.count} were taken`)
  return filled
}

async function isWaiting(send: Promise<void>): Promise<boolean> {
  return Promise.race([send.then(() => false), delay(WAITS_MS, true, { ref: false })])
}

async function receiveAll(
  { client }: Pick<Occupied, 'client'>,
  from: number,
  to: number,
): Promise<void> {
  for (let n = from; n < to; n++) {
    const received = await client.receive()
    assert.equal(received?.text.split(' ')[0], String(n))
  }
}

async function untilShort({ cluster }: Occupied, names: readonly string[]): Promise<void> {
  await cluster.waitFor('brokers to notice how full their disks are', (statuses) =>
    statuses.every((status) => status?.store?.isShort === names.includes(status?.nodeId ?? '')),
  )
}

/** Senders wait: they go on when all is consumed. */
async function consumeAll(
  stage: Occupied,
  { count, last }: { count: number; last: Promise<void> },
): Promise<void> {
  const { cluster, client } = stage
  // It may take longer than a client waits for its answer.
  last.catch(() => undefined)
  await client.consume(QUEUE)
  await receiveAll(stage, 0, count)
  assert.deepEqual(
    cluster.nodes.map(({ isRunning }) => isRunning),
    cluster.nodes.map(() => true),
  )
  await untilShort(stage, [])
  await client.send(QUEUE, `${count + 1} ${BODY}`)
  await receiveAll(stage, count, count + 2)
  await cluster.waitUntilWhole()
}

describe('a storeLimit below one segment', () => {
  it('has senders wait until messages are consumed, and they go on', () => {
    const settings = { storeLimit: '32mb' }
    const options = { deadlineMs: DEADLINE_MS, logSize: LARGE_LOG_SIZE, settings }
    return withCluster(options, (cluster) =>
      withClient(cluster, async (client) => {
        const filled = await sendUntilOneWaits({ client })
        assert.ok(filled.count > 250, `only ${filled.count} were taken`)
        await consumeAll({ cluster, client }, filled)
        // More than the store may hold, of which little waits at a time.
        for (let n = 0; n < 400; n += 20) {
          const sends = Array.from({ length: 20 }, (_, i) => client.send(QUEUE, `${n + i} ${BODY}`))
          await Promise.all(sends)
          await receiveAll({ client }, n, n + 20)
        }
      }),
    )
  })
})

/** What ActiveMQ's clients throw where a send found no room. */
const NO_ROOM = { name: 'javax.jms.ResourceAllocationException', message: /the store has no space/ }

/** Sends until one is refused. Returns how many were taken, and how long that one waited. */
async function sendUntilOneIsRefused({
  client,
}: Pick<Occupied, 'client'>): Promise<{ count: number; waitedMs: number }> {
  for (let count = 0; count < MESSAGES_MAX; count++) {
    const sentAtMs = performance.now()
    if (await isRefused(client.send(QUEUE, `${count} ${BODY}`))) {
      return { count, waitedMs: performance.now() - sentAtMs }
    }
  }
  return assert.fail('the store took more than it may hold')
}

/** Whether it was refused for want of space; any other failure is thrown on. */
async function isRefused(send: Promise<void>): Promise<boolean> {
  try {
    await send
    return false
  } catch (error) {
    assert.throws(() => {
      throw error
    }, NO_ROOM)
    return true
  }
}

/** A store that is used up: consumers go on, and the room that they make is for sends again. */
async function consumeAndSendAgain(stage: Occupied, count: number): Promise<void> {
  const { cluster, client } = stage
  const [leader] = leaders(await cluster.statuses())
  assert.equal(leader?.store?.blocksSenders, true)
  await client.consume(QUEUE)
  await receiveAll(stage, 0, count)
  await untilShort(stage, [])
  const isTaken = async (): Promise<boolean> => !(await isRefused(client.send(QUEUE, `${count}`)))
  await waitUntil(isTaken, { what: 'a send to be taken', timeoutMs: 10_000 })
  // Nothing of what was refused stands between them, and the next ones are taken at once.
  await receiveAll(stage, count, count + 1)
  for (let n = count + 1; n < count + 6; n++) await client.send(QUEUE, `${n} ${BODY}`)
  await receiveAll(stage, count + 1, count + 6)
  await cluster.waitUntilWhole()
}

describe('a storeLimit with senders that are not to wait', () => {
  const refusing = (settings: NodeSettings, act: (stage: Occupied) => Promise<void>) =>
    withCluster(
      { deadlineMs: DEADLINE_MS, logSize: '1mb', settings: { storeLimit: '32mb', ...settings } },
      (cluster) => withClient(cluster, (client) => act({ cluster, client })),
    )

  it('has them refused at once as by ActiveMQ until consumers have made room', () =>
    refusing({ sendFailIfNoSpace: true }, async (stage) => {
      const { count } = await sendUntilOneIsRefused(stage)
      assert.ok(count > 250, `only ${count} were taken`)
      for (let i = 0; i < 5; i++) assert.ok(await isRefused(stage.client.send(QUEUE, 'no room')))
      await consumeAndSendAgain(stage, count)
    }))

  it('has them refused after the time that they may wait', () =>
    refusing({ sendFailIfNoSpaceAfterTimeout: '1s' }, async (stage) => {
      const { count, waitedMs } = await sendUntilOneIsRefused(stage)
      assert.ok(count > 250, `only ${count} were taken`)
      assert.ok(waitedMs >= 1000, `refused after ${waitedMs} ms`)
      await consumeAndSendAgain(stage, count)
    }))

  it('has them wait where the policy of their queue says so', () => {
    const destinationPolicies = [{ queue: QUEUE, sendFailIfNoSpace: false }]
    return refusing({ sendFailIfNoSpace: true, destinationPolicies }, async (stage) => {
      const filled = await sendUntilOneWaits(stage)
      // Of somebody else: what comes behind a send that waits waits with it.
      await withClient(stage.cluster, async (other) => {
        assert.ok(await isRefused(other.send('OTHERS', 'no room')))
      })
      await consumeAll(stage, filled)
    })
  })
})

describe('disks that fill up', { skip: smallDisksMissing() }, () => {
  it('have senders wait until something else is deleted', () =>
    onSmallDisks(async (stage) => {
      const { cluster, disks, client } = stage
      const { count, last } = await fill(stage)
      const [leader] = leaders(await cluster.statuses())
      assert.equal(leader?.store?.blocksSenders, true)
      assert.ok((leader.store.percentUsed ?? 0) >= 95)
      for (const node of NODES) disks.clear(node)
      await last
      for (let n = count + 1; n < count + 10; n++) await client.send(QUEUE, `${n} ${BODY}`)
      await untilShort(stage, [])
      await client.consume(QUEUE)
      await receiveAll(stage, 0, count + 10)
      await cluster.waitUntilWhole()
    }))

  it('let consumers go on, and senders when what they acknowledged has given its space back', () =>
    onSmallDisks(async (stage) => consumeAll(stage, await fill(stage))))

  it('do so where all of a disk is less than one segment', () =>
    onSmallDisks(async (stage) => consumeAll(stage, await fill(stage)), LARGE_LOG_SIZE))

  it('of one follower stop nobody', () =>
    onSmallDisks(async (stage) => {
      const { cluster, disks, client } = stage
      const [follower] = await cluster.followers()
      const name = follower?.name ?? ''
      disks.leave(name, HEAD_ROOM_BYTES / 2)
      await untilShort(stage, [name])
      for (let n = 0; n < 20; n++) await client.send(QUEUE, `${n} ${BODY}`)
      const [leader] = leaders(await cluster.statuses())
      assert.equal(leader?.store?.blocksSenders, false)
      assert.deepEqual(
        leader.followers.map(({ nodeId, isShortOfSpace }) => isShortOfSpace === (nodeId === name)),
        [true, true],
      )
      // With the other one gone, a quorum needs the one without space.
      await cluster.nodes
        .find(({ name: other }) => other !== name && other !== leader.nodeId)
        ?.stop()
      await cluster.waitFor('senders to wait', (statuses) =>
        leaders(statuses).some(({ store }) => store?.blocksSenders === true),
      )
      const { last } = await sendUntilOneWaits(stage)
      disks.clear(name)
      await last
    }))

  it('of the leader alone make another one lead', () =>
    onSmallDisks(async (stage) => {
      const { cluster, disks, client } = stage
      await client.send(QUEUE, 'before')
      const first = await cluster.leader()
      disks.leave(first.name, HEAD_ROOM_BYTES / 2)
      await cluster.waitFor('another leader', (statuses) =>
        leaders(statuses).some(({ nodeId }) => nodeId !== first.name),
      )
      await client.send(QUEUE, 'after')
      assert.notEqual((await cluster.leader()).name, first.name)
      await untilShort(stage, [first.name])
      disks.clear(first.name)
      await untilShort(stage, [])
      await cluster.waitUntilWhole()
    }))
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ZooKeeperCoordinator } from '@quorate/broker/coordination/zookeeper-coordinator'
import type { ZooKeeperCoordinatorOptions } from '@quorate/broker/coordination/zookeeper-coordinator'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import { connectTcp } from '@quorate/core/transport/tcp-stream'
import { Broker, hintOf, memberOf } from '../../conformance/coordination/coordinator-suite.ts'
import { startZooKeeperEnsemble, withoutZookeeper } from '../../support/zookeeper.ts'
import type { ZooKeeperEnsemble } from '../../support/zookeeper.ts'

const sessionTimeoutMs = 2_000

async function withEnsemble(
  nodes: number,
  work: (stage: {
    readonly ensemble: ZooKeeperEnsemble
    readonly directory: string
    readonly join: (nodeId: string, options?: Partial<ZooKeeperCoordinatorOptions>) => Broker
  }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-ensemble-'))
  const ensemble = await startZooKeeperEnsemble({ nodes, directory })
  const brokers: Broker[] = []
  const joinCluster = (nodeId: string, options: Partial<ZooKeeperCoordinatorOptions> = {}) => {
    const coordinator = new ZooKeeperCoordinator({
      connectString: ensemble.connectString,
      zkPath: '/quorate',
      brokerName: 'cluster',
      zkPassword: null,
      sessionTimeoutMs,
      operationTimeoutMs: 15_000,
      clock: systemClock,
      log: silentLog,
      ...options,
    })
    const broker = new Broker({ coordinator, cut() {}, heal() {} }, memberOf(nodeId))
    brokers.push(broker)
    return broker
  }
  try {
    await work({ ensemble, directory, join: joinCluster })
  } finally {
    await Promise.all(brokers.map(({ coordinator }) => coordinator.stop()))
    await ensemble.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

function connections(broker: Broker): number {
  return broker.sessionStates().filter((state) => state === 'connected').length
}

describe('coordination when ZooKeeper fails', { skip: withoutZookeeper() }, () => {
  it('goes on as each server of an ensemble is killed in turn, and loses no session', () =>
    withEnsemble(3, async ({ ensemble, join: joinCluster }) => {
      const brokers = ['a', 'b', 'c'].map((nodeId) => joinCluster(nodeId))
      for (const broker of brokers) await broker.untilMembers('a b c')
      const [a] = brokers
      assert.ok(a !== undefined)
      a.coordinator.claimLeader(hintOf(1, 'a'))
      const epochs: number[] = []
      for (const node of ensemble.nodes) {
        await node.kill()
        // Whoever was connected there goes elsewhere; the ensemble may need a new leader first.
        const grants = await Promise.all(
          brokers.map(({ coordinator }) => coordinator.allocateEpoch(0)),
        )
        epochs.push(...grants.map(({ epoch }) => epoch))
        await ensemble.start()
      }
      assert.equal(new Set(epochs).size, epochs.length, 'no number was given twice (R5)')
      for (const broker of brokers) {
        assert.ok(!broker.sessionStates().includes('expired'))
        await broker.untilLeader(1)
        assert.equal(broker.nodeIds, 'a b c')
      }
    }))
  it('has an epoch long before the session timeout when the server at hand falls silent', () =>
    withEnsemble(3, async ({ ensemble, join: joinCluster }) => {
      const leads = await Promise.all(ensemble.nodes.map((node) => node.leads()))
      const [silent, other] = ensemble.nodes.filter((_, at) => leads[at] === false)
      assert.ok(silent !== undefined && other !== undefined, 'the ensemble has followers')
      const ports = [silent.port]
      const a = joinCluster('a', {
        sessionTimeoutMs: 8_000,
        connect: ({ host }, signal) =>
          connectTcp({ host, port: ports.shift() ?? other.port }, signal),
      })
      await a.untilMembers('a')
      silent.signal('SIGSTOP')
      const askedMs = performance.now()
      await a.coordinator.allocateEpoch(0)
      const tookMs = performance.now() - askedMs
      assert.ok(tookMs < 4_000, `an epoch after ${Math.round(tookMs)} ms`)
      assert.ok(!a.sessionStates().includes('expired'))
      assert.equal(ports.length, 0)
    }))
  it('comes back when the whole ensemble was down for longer than the session timeout', () =>
    withEnsemble(3, async ({ ensemble, join: joinCluster }) => {
      const [a, b] = [joinCluster('a'), joinCluster('b')]
      await a.untilMembers('a b')
      a.coordinator.claimLeader(hintOf(4, 'a'))
      await b.untilLeader(4)
      await ensemble.kill()
      await a.untilSession('disconnected')
      const before = connections(a)
      await new Promise((resolve) => setTimeout(resolve, sessionTimeoutMs * 1.5))
      assert.equal(a.nodeIds, 'a b', 'members are not taken away by an outage (R26)')
      await ensemble.start()
      await a.until('a is connected', () => connections(a) > before)
      assert.ok((await b.coordinator.allocateEpoch(0)).epoch >= 1)
      await b.untilLeader(4)
      await b.untilMembers('a b')
    }))
  it('begins anew in an ensemble that lost its disks (W10)', () =>
    withEnsemble(1, async ({ ensemble, directory, join: joinCluster }) => {
      const a = joinCluster('a')
      await a.untilMembers('a')
      for (let i = 0; i < 20; i++) await a.coordinator.allocateEpoch(0)
      await a.coordinator.createBootstrap({ clusterId: 'c', seats: [null] })
      a.coordinator.claimLeader(hintOf(20, 'a'))
      await ensemble.kill()
      rmSync(join(directory, 'zookeeper1', 'data', 'version-2'), { recursive: true })
      await ensemble.start()
      // It knows less than we have seen, and turns us away until we stop claiming that.
      await a.untilSession('expired')
      const b = joinCluster('b')
      await b.untilMembers('a b')
      await b.untilLeader(20)
      assert.equal(await a.coordinator.readBootstrap(), null)
      assert.equal((await a.coordinator.allocateEpoch(20)).epoch, 21)
    }))
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { NodePicture } from '../../../src/cli/cluster-picture.ts'
import type { UpEvent } from '../../../src/cli/up/cluster-events.ts'
import { planCluster } from '../../../src/cli/up/cluster-plan.ts'
import { ASK_EVERY_MS, ClusterRun } from '../../../src/cli/up/cluster-run.ts'
import { sampleStatus } from '../../management/sample-status.ts'
import { FakeProcess } from './fake-process.ts'

/** A cluster of fakes: node01 leads while its process runs, else node02. */
class FakeCluster {
  readonly clock = new ManualClock()
  readonly events: UpEvent[] = []
  readonly children = new Map<string, FakeProcess>()
  readonly order: string[] = []
  /** Nodes that do not answer although they run. */
  readonly silent = new Set<string>()
  coordinationAnswers = true
  readonly run: ClusterRun

  constructor(data: string) {
    const plan = planCluster({ data, replicas: 3, portOffset: 0 })
    const ports = new Map(plan.nodes.map(({ nodeId, consolePort }) => [consolePort, nodeId]))
    this.run = new ClusterRun(plan, {
      clock: this.clock,
      report: { event: (event) => void this.events.push(event), picture() {}, close() {} },
      spawn: (args) => this.#spawn(args).asChild(),
      ask: (url) => Promise.resolve(this.#picture(ports.get(Number(new URL(url).port)) ?? '', url)),
      answers: () => Promise.resolve(this.coordinationAnswers),
      environment: {},
      restart: true,
    })
  }

  #spawn(args: readonly string[]): FakeProcess {
    const name = /node\d\d/.exec(args.join(' '))?.[0] ?? 'coordination'
    const child = new FakeProcess(100 + this.order.length)
    child.once('exit', () => {
      this.order.push(`-${name}`)
      this.children.delete(name)
    })
    this.order.push(`+${name}`)
    this.children.set(name, child)
    return child
  }

  #picture(nodeId: string, consoleUrl: string): NodePicture {
    if (!this.children.has(nodeId) || this.silent.has(nodeId)) {
      return { nodeId, consoleUrl, status: null, problem: 'not running' }
    }
    const leads = this.children.has('node01') ? 'node01' : 'node02'
    const role = nodeId === leads ? 'leader' : 'follower'
    return { nodeId, consoleUrl, status: sampleStatus({ nodeId, role }), problem: null }
  }

  /** Lets time pass, and everything that it sets off happen. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += ASK_EVERY_MS) {
      this.clock.advance(ASK_EVERY_MS)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  told(type: UpEvent['type']): UpEvent[] {
    return this.events.filter((event) => event.type === type)
  }
}

function withCluster(work: (cluster: FakeCluster) => Promise<void>): () => Promise<void> {
  return async () => {
    const data = mkdtempSync(`${tmpdir()}/quorate-run-`)
    try {
      await work(new FakeCluster(data))
    } finally {
      rmSync(data, { recursive: true })
    }
  }
}

describe('a cluster on this machine', () => {
  it(
    'starts the coordination first and says once when it serves',
    withCluster(async (cluster) => {
      await cluster.run.start()
      await cluster.advance(1000)
      assert.deepEqual(cluster.order, ['+coordination', '+node01', '+node02', '+node03'])
      assert.equal(cluster.told('serving').length, 1)
      assert.equal(cluster.told('leader').length, 1)
    }),
  )

  it(
    'tells of a takeover and starts the dead leader again',
    withCluster(async (cluster) => {
      await cluster.run.start()
      await cluster.advance(1000)
      cluster.children.get('node01')?.end(null, 'SIGKILL')
      await cluster.advance(500)
      assert.equal(cluster.told('no-leader').length, 1)
      const leaders = cluster.told('leader')
      assert.deepEqual('name' in (leaders[1] ?? {}) && leaders[1], {
        type: 'leader',
        name: 'node02',
        epoch: 3,
        absentMs: 250,
      })
      await cluster.advance(3000)
      assert.equal(cluster.order.at(-1), '+node01')
    }),
  )

  it(
    'stops followers, then the leader, then the coordination, without noise',
    withCluster(async (cluster) => {
      await cluster.run.start()
      await cluster.advance(1000)
      const before = cluster.events.length
      await cluster.run.stop()
      assert.deepEqual(cluster.order.slice(4), ['-node02', '-node03', '-node01', '-coordination'])
      const types = cluster.events.slice(before).map(({ type }) => type)
      assert.deepEqual(types, ['stopping', 'ended', 'ended', 'ended', 'ended', 'stopped'])
    }),
  )

  it(
    'shows a broker that runs and does not answer',
    withCluster(async (cluster) => {
      await cluster.run.start()
      await cluster.advance(1000)
      cluster.silent.add('node03')
      await cluster.advance(500)
      const silent = cluster
        .told('role')
        .filter((event) => 'role' in event && event.role === 'silent')
      assert.equal(silent.length, 1)
    }),
  )

  it(
    'ends with the gravest exit code when all brokers are down for good',
    withCluster(async (cluster) => {
      await cluster.run.start()
      cluster.children.get('node01')?.end(0, null)
      cluster.children.get('node02')?.end(6, null)
      cluster.children.get('node03')?.end(0, null)
      assert.equal(await cluster.run.allDown, 6)
    }),
  )

  it(
    'kills everything at once when asked twice',
    withCluster(async (cluster) => {
      await cluster.run.start()
      for (const child of cluster.children.values()) child.onTerm = 'ignores'
      void cluster.run.stop()
      cluster.run.kill()
      assert.equal(cluster.children.size, 0)
    }),
  )

  it(
    'fails when the coordination does not start',
    withCluster(async (cluster) => {
      cluster.coordinationAnswers = false
      const starting = cluster.run.start()
      cluster.children.get('coordination')?.end(6, null)
      await assert.rejects(Promise.all([starting, cluster.advance(1000)]), {
        code: 'COORDINATION_LOST',
      })
      assert.deepEqual(cluster.order, ['+coordination', '-coordination'])
    }),
  )
})

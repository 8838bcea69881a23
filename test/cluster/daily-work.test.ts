import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { ADMIN_PASSWORD, consoleUrl, withUsers } from '../support/cluster-with-users.ts'
import { quorateArgs } from '../support/quorate-command.ts'
import { waitUntil } from '../support/wait-until.ts'

const ENDS_WITHIN_MS = 40_000

interface Ran {
  readonly exitCode: number | null
  readonly out: string
  readonly err: string
}

/** Runs one of the two commands, as a process of its own. */
function run(name: 'quorate' | 'activemq', ...words: string[]): Promise<Ran> {
  return begin(name, ...words).ended
}

/** The same, while it can be interrupted. */
function begin(name: 'quorate' | 'activemq', ...words: string[]) {
  const [main = '', ...args] = quorateArgs(...words)
  const script = name === 'quorate' ? main : join(dirname(main), 'activemq.js')
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, QUORATE_PASSWORD: ADMIN_PASSWORD },
    timeout: ENDS_WITHIN_MS,
    killSignal: 'SIGKILL',
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
    ([exitCode, out, err]): Ran => ({ exitCode, out, err }),
  )
  return { ended, interrupt: () => child.kill('SIGINT') }
}

const lines = (output: string): string[] => output.split('\n').filter((line) => line !== '')

/** Messages that wait in the queues of the leader. */
async function waiting(cluster: Cluster): Promise<number> {
  const statuses = await cluster.statuses()
  return statuses.find((status) => status?.role === 'leader')?.clients.waitingMessages ?? 0
}

describe('commands for daily work, against a cluster', () => {
  it('look and change through a follower, under both names', async () => {
    await withUsers(async (cluster) => {
      const [follower] = await cluster.followers()
      const leader = await cluster.leader()
      const url = consoleUrl(cluster, follower?.name ?? '')
      const words = ['--user', 'admin', '--url', url]
      const note = `leads. Asking ${leader.name} at ${consoleUrl(cluster, leader.name)}\n`

      const brokerUrl = ['--brokerUrl', cluster.clientUri()]
      for (const [name, queue] of [
        ['quorate', 'ORDERS'],
        ['activemq', 'BILLS'],
      ] as const) {
        const to = [...brokerUrl, '--destination', `queue://${queue}`]
        const sent = await run(name, 'producer', ...to, '--messageCount', '5')
        assert.match(sent.out, /^5 messages confirmed by queue:/)
        const dstat = await run(name, 'dstat', 'queues', '--filter', queue, ...words)
        assert.match(dstat.out, new RegExp(`^${queue} +5 `, 'm'))
        assert.ok(dstat.err.endsWith(note), dstat.err)
        const browse = await run(name, 'browse', '-Vbody', '--limit', '1', queue, ...words)
        assert.equal(browse.out, 'JMS_BODY_FIELD:JMSText = test message: 1\n\n')
        const view = ['--view', 'QueueSize']
        const query = await run(name, 'query', `-QQueue=${queue}`, ...view, ...words)
        assert.equal(query.out, 'QueueSize = 5\n')
        const list = await run(name, 'message', 'list', queue, '--json', ...words)
        const { items } = JSON.parse(list.out) as { items: { id: string }[] }
        const id = items[0]?.id ?? ''
        const move = await run(name, 'message', 'move', queue, id, '--to', 'PARKED', ...words)
        assert.equal(move.out, '1 message moved to PARKED\n', move.err)
        const got = await run(name, 'consumer', ...to, '--messageCount', '1')
        assert.equal(got.out, 'test message: 2\n')
        const purge = await run(name, 'purge', queue, ...words)
        assert.equal(purge.out, `queue://${queue}: 3 messages deleted\n`)
        const show = await run(name, 'queue', 'show', queue, '--json', ...words)
        assert.equal((JSON.parse(show.out) as { pending: number }).pending, 0)
      }
      const bstat = await run('activemq', 'bstat', ...words)
      assert.match(bstat.out, /^TotalMessageCount = 2$/m)
      const members = await run('activemq', 'cluster', 'members', ...words)
      assert.equal(members.out.match(/^node0\d +yes +(leader|follower) /gm)?.length, 3)
      const brokers = await run('activemq', 'list', ...words)
      assert.equal(brokers.out.match(/^quorate-test +node0\d +(yes|no) /gm)?.length, 3)
      const status = await run('quorate', 'cluster', 'status', '--url', url)
      assert.match(status.out, new RegExp(`leader ${leader.name} `))

      const before = await waiting(cluster)
      const long = begin('quorate', 'producer', ...brokerUrl, '--sleep', '5ms')
      const isUnderWay = async (): Promise<boolean> => (await waiting(cluster)) > before + 20
      await waitUntil(isUnderWay, { what: 'messages that wait', timeoutMs: 20_000 })
      long.interrupt()
      const cut = await long.ended
      assert.equal(cut.exitCode, 130, cut.err)
      const told = Number(/^(\d+) messages confirmed by/.exec(cut.out)?.[1])
      assert.equal(await waiting(cluster), before + told)

      const wrong = await run('activemq', 'purge', 'PARKED', '--user', 'user', '--url', url)
      const why = 'error The name or the password is wrong.\n'
      assert.deepEqual([wrong.exitCode, wrong.out, wrong.err], [3, '', why])
    })
  })

  it('send and receive over failover:, while leaders are killed', async () => {
    await withUsers(async (cluster) => {
      const to = ['--brokerUrl', cluster.clientUri(), '--messageCount', '1500']
      const first = await cluster.leader()
      const producing = run('quorate', 'producer', ...to, '--sleep', '1ms', '--json')
      const isUnderWay = async (): Promise<boolean> => (await waiting(cluster)) > 200
      await waitUntil(isUnderWay, { what: 'messages that wait', timeoutMs: 20_000 })
      await first.kill9()
      const produced = await producing
      assert.equal(produced.exitCode, 0, produced.err)
      assert.match(produced.err, /^lost tcp:.*[\s\S]*^connected to/m)
      const { confirmed, unknown } = JSON.parse(produced.out) as Record<string, number>
      assert.deepEqual([confirmed, unknown], [1500, 0])

      first.start()
      const second = await cluster.waitUntilWhole()
      const consuming = run('activemq', 'consumer', ...to, '--sleep', '1ms')
      const isEmptying = async (): Promise<boolean> => (await waiting(cluster)) < 1200
      await waitUntil(isEmptying, { what: 'messages that are consumed', timeoutMs: 20_000 })
      await second.kill9()
      const consumed = await consuming
      assert.equal(consumed.exitCode, 0, consumed.err)
      assert.match(consumed.err, /^lost tcp:.*[\s\S]*^connected to/m)
      const wanted = Array.from({ length: 1500 }, (_, at) => `test message: ${at + 1}`)
      assert.deepEqual(lines(consumed.out), wanted)
      assert.match(consumed.err, /^1,500 messages received from queue:\/\/TEST$/m)
      const left = await run('quorate', 'consumer', ...to, '--receiveTimeout', '1s')
      assert.equal(left.out, '', left.err)
    })
  })
})

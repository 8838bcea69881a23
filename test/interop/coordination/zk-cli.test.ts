import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CoordinationServer } from '@quorate/broker/coordination/server/coordination-server'
import { ZooKeeperCoordinator } from '@quorate/broker/coordination/zookeeper-coordinator'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import { hintOf, memberOf } from '../../conformance/coordination/coordinator-suite.ts'
import { waitUntil } from '../../support/wait-until.ts'

const zkCli = '/usr/share/zookeeper/bin/zkCli.sh'
const missing = existsSync(zkCli) ? false : 'needs the Debian package zookeeper'

/** Debian's command-line client, fed one command after another. */
class Console {
  readonly #child
  #output = ''

  constructor(port: number) {
    this.#child = spawn(zkCli, ['-server', `127.0.0.1:${port}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Its logging would go to a folder that only root may write.
      env: { ...process.env, ZOO_LOG_DIR: tmpdir() },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => (this.#output += text))
    }
  }

  /** What it prints from the command until the answer has come. */
  async ask(command: string, answer: RegExp): Promise<string> {
    const from = this.#output.length
    this.#child.stdin.write(`${command}\n`)
    return this.hear(answer, from)
  }

  /** A command that prints nothing. */
  tell(command: string): void {
    this.#child.stdin.write(`${command}\n`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async hear(answer: RegExp, from = 0): Promise<string> {
    await waitUntil(() => answer.test(this.#output.slice(from)), {
      what: `${answer.source} in what zkCli.sh printed:\n${this.#output.slice(from)}`,
      timeoutMs: 30_000,
      pollMs: 20,
    })
    return this.#output.slice(from)
  }

  async quit(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin.write('quit\n')
    await exited
  }
}

type Open = () => Promise<Console>

async function withServer(
  work: (open: Open, server: CoordinationServer) => Promise<void>,
): Promise<void> {
  const consoles: Console[] = []
  const directory = mkdtempSync(join(tmpdir(), 'quorate-zkcli-'))
  const server = await CoordinationServer.start({
    port: 0,
    directory,
    clock: systemClock,
    log: silentLog,
  })
  try {
    const open = async () => {
      const console = new Console(server.port)
      consoles.push(console)
      await console.hear(/SyncConnected/)
      return console
    }
    await work(open, server)
  } finally {
    for (const console of consoles) console.kill()
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

describe("Debian's zkCli.sh on our server", { skip: missing }, () => {
  it('connects, lists, creates, reads, writes, watches and deletes', () =>
    withServer(async (open) => {
      const console = await open()
      await console.ask('ls /', /\[zookeeper\]/)
      await console.ask('create /a hello', /Created \/a/)
      await console.ask('create /a again', /Node already exists: \/a/)
      await console.ask('get /a', /^hello$/m)
      await console.ask('create -s /a/n- x', /Created \/a\/n-0000000000/)
      await console.ask('create -e /a/e y', /Created \/a\/e/)
      await console.ask('ls -s /a', /\[e, n-0000000000\][^]*numChildren = 2/)
      await console.ask('ls -R /', /\/a\/n-0000000000/)
      await console.ask('get -w /a', /^hello$/m)
      await console.ask('set /a there', /type:NodeDataChanged path:\/a/)
      await console.ask('stat /a', /dataVersion = 1/)
      await console.ask('set -v 7 /a no', /version No is not valid/)
      await console.ask('delete /a', /Node not empty: \/a/)
      await console.ask('ls -w /a', /\[e, n-0000000000\]/)
      await console.ask('delete /a/e', /type:NodeChildrenChanged path:\/a/)
      console.tell('deleteall /a')
      await console.ask('get /a', /Node does not exist: \/a/)
      await console.quit()
    }))
  it('shows rights, and obeys them', () =>
    withServer(async (open) => {
      const owner = await open()
      owner.tell('addauth digest alice:secret')
      await owner.ask('create /mine x auth::cdrwa', /Created \/mine/)
      await owner.ask('getAcl /mine', /'digest,'alice:.+=\n: cdrwa/)
      const stranger = await open()
      await stranger.ask('get /mine', /permission : \/mine|NoAuth/)
      await stranger.quit()
      await owner.quit()
    }))
  it("shows a cluster as ActiveMQ's operators know it", () =>
    withServer(async (open, server) => {
      const coordinator = new ZooKeeperCoordinator({
        connectString: `127.0.0.1:${server.port}`,
        zkPath: '/activemq/leveldb-stores',
        brokerName: 'orders',
        zkPassword: 'wonderland',
        clock: systemClock,
        log: silentLog,
      })
      coordinator.start(memberOf('node01', { position: 4096, weight: 3 }), () => {})
      coordinator.claimLeader(hintOf(1, 'node01'))
      const console = await open()
      await waitUntil(async () => (await coordinator.allocateEpoch(0)).epoch >= 1, {
        what: 'the coordinator',
        timeoutMs: 10_000,
      })
      await console.ask('ls /activemq/leveldb-stores', /\[00000000000\]/)
      const shown = await waitUntil(
        async () => {
          const answer = await console.ask('get /activemq/leveldb-stores/00000000000', /^\{.*\}$/m)
          return /"elected":"/.test(answer) && answer
        },
        { what: 'the elected leader', timeoutMs: 10_000 },
      )
      const json = /^\{.*\}$/m.exec(shown)?.[0] ?? ''
      assert.equal(
        json,
        '{"id":"orders","container":null,"address":"tcp://node01.example:61619",' +
          '"position":4096,"weight":3,"elected":"0000000000"}',
      )
      await console.ask('get /activemq/leveldb-stores.quorate/orders/leader', /permission|NoAuth/)
      console.tell('addauth digest fabric:wonderland')
      await console.ask(
        'get /activemq/leveldb-stores.quorate/orders/leader',
        /"epoch":1,"nodeId":"node01"/,
      )
      await console.quit()
      await coordinator.stop()
    }))
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { CoordinationService } from '../support/coordination-service.ts'
import { embeddedCoordination } from '../support/coordination-service.ts'
import { freePorts } from '../support/free-ports.ts'
import { waitUntil } from '../support/wait-until.ts'

const program = fileURLToPath(new URL('../../packages/broker/bin/activemq.js', import.meta.url))
const WITHIN_MS = 40_000

/**
 * As ActiveMQ's documentation has it for brokers of one machine: any port among each other. The
 * policy is that of ActiveMQ's own file.
 */
function activemqXml(clientPort: number): string {
  return `<beans xmlns="http://www.springframework.org/schema/beans">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="orders" useJmx="true">
    <destinationPolicy><policyMap><policyEntries><policyEntry topic=">">
      <pendingMessageLimitStrategy>
        <constantPendingMessageLimitStrategy limit="1000"/>
      </pendingMessageLimitStrategy>
    </policyEntry></policyEntries></policyMap></destinationPolicy>
    <persistenceAdapter>
      <replicatedLevelDB directory="\${activemq.data}/leveldb" replicas="3" hostname="localhost"
        bind="tcp://0.0.0.0:0" zkAddress="\${ZK_ADDRESS}" zkPath="/activemq/leveldb-stores"/>
    </persistenceAdapter>
    <transportConnectors>
      <transportConnector name="openwire" uri="tcp://127.0.0.1:${clientPort}"/>
    </transportConnectors>
  </broker>
</beans>`
}

interface ToldStatus {
  readonly leader: string | null
  readonly nodes: readonly {
    readonly nodeId: string
    readonly status: { readonly pid: number } | null
  }[]
}

/** Three installations beside each other, and what they coordinate through. */
class Installations {
  readonly folder: string
  readonly ports: readonly number[]
  readonly coordination: CoordinationService

  constructor(folder: string, ports: readonly number[], coordination: CoordinationService) {
    this.folder = folder
    this.ports = ports
    this.coordination = coordination
    for (const port of ports) {
      mkdirSync(this.#home(port, 'conf'), { recursive: true })
      writeFileSync(this.#home(port, 'conf/activemq.xml'), activemqXml(port))
    }
  }

  static async make(): Promise<Installations> {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-activemq-'))
    const coordination = await embeddedCoordination(join(folder, 'coordination'))
    return new Installations(folder, await freePorts(3), coordination)
  }

  #home(port: number, path: string): string {
    return join(this.folder, String(port), path)
  }

  /** Runs `activemq` in the folder of one installation. */
  activemq(port: number, ...words: readonly string[]) {
    const options = {
      cwd: this.#home(port, '.'),
      env: { ...process.env, ZK_ADDRESS: this.coordination.address },
    }
    return new Promise<{ exitCode: number; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [program, ...words], options, (error, out, err) => {
        const code = error === null ? 0 : error.code
        resolve({ exitCode: typeof code === 'number' ? code : 1, out, err })
      })
    })
  }

  /** The status that this broker tells once its cluster has a leader. */
  ledStatus(port: number): Promise<ToldStatus> {
    const probe = async (): Promise<ToldStatus | undefined> => {
      const { exitCode, out } = await this.activemq(port, 'status', '--json')
      return exitCode === 0 ? (JSON.parse(out) as ToldStatus) : undefined
    }
    return waitUntil(probe, { what: 'a leader', timeoutMs: WITHIN_MS })
  }

  async dispose(): Promise<void> {
    for (const port of this.ports) await this.activemq(port, 'stop', '--force')
    await this.coordination.dispose()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

describe('the activemq command', () => {
  it('says why a broker did not start, with the exit code of that, and what a kill left', async () => {
    const three = await Installations.make()
    const [port = 0, console = 0] = three.ports
    const taken = createServer()
    taken.listen({ host: '127.0.0.1', port: console })
    await once(taken, 'listening')
    try {
      const flag = `--console-port=${console}`
      const refused = await three.activemq(port, 'start', 'xbean:activemq.xml', flag)
      const [line = '', end = ''] = refused.err.split('\n')
      const address = `127.0.0.1:${console}`
      assert.equal(line, `error console port ${address} (consolePort) is taken by another process`)
      assert.match(end, /^the broker ended while starting \(exit code 6\), log data\/leveldb\//)
      assert.equal(refused.exitCode, 6)
      const status = await three.activemq(port, 'status')
      assert.match(status.out, new RegExp(`localhost-${port}: ended with: console port ${address}`))

      const { out } = await three.activemq(port, 'start')
      process.kill(Number(/^started pid (\d+)/.exec(out)?.[1]), 'SIGKILL')
      const again = await three.activemq(port, 'start')
      assert.equal(again.exitCode, 0, again.err)
      assert.match(again.err, /broker\.pid is of pid \d+, which is gone without a clean stop/)
    } finally {
      taken.close()
      await three.dispose()
    }
  })

  it('warns at a start of what may lose messages, and of a port that it could not lead with', async () => {
    const three = await Installations.make()
    const [port = 0] = three.ports
    const taken = createServer()
    taken.listen({ host: '127.0.0.1', port })
    await once(taken, 'listening')
    try {
      const { exitCode, err } = await three.activemq(port, 'start', '--sync=local_disk')
      assert.equal(exitCode, 0, err)
      assert.deepEqual(err.split('\n'), [
        'warning sync local_disk: confirmed messages can be lost with the machine of the leader, ' +
          'since no other broker is waited for',
        `warning 127.0.0.1:${port} (transportConnector openwire) is taken by pid ${process.pid}, ` +
          'node: this broker follows, and cannot lead before it is free',
        '',
      ])
    } finally {
      taken.close()
      await three.dispose()
    }
  })

  it('names the replication port that is taken', async () => {
    const three = await Installations.make()
    const [port = 0, bind = 0] = three.ports
    const taken = createServer()
    taken.listen({ host: '127.0.0.1', port: bind })
    await once(taken, 'listening')
    try {
      const flag = `--bind=tcp://127.0.0.1:${bind}`
      const { exitCode, err } = await three.activemq(port, 'start', 'xbean:activemq.xml', flag)
      const address = `127.0.0.1:${bind}`
      const reason = `error replication port ${address} (bind) is taken by another process`
      assert.equal(err.split('\n')[0], reason)
      assert.equal(exitCode, 6)
    } finally {
      taken.close()
      await three.dispose()
    }
  })

  it('starts three brokers from the activemq.xml of one machine, which survive a kill -9', async () => {
    const three = await Installations.make()
    try {
      await three.coordination.start()
      for (const [at, port] of three.ports.entries()) {
        const file = at === 0 ? ['xbean:conf/activemq.xml'] : []
        const { exitCode, out, err } = await three.activemq(port, 'start', ...file)
        assert.equal(exitCode, 0, err)
        assert.match(out, /^started pid \d+, http:\/\/127\.0\.0\.1:[1-9]\d*, log data\/leveldb\//)
      }
      const [first = 0, second = 0] = three.ports
      const { leader, nodes } = await three.ledStatus(first)
      const names = nodes.map(({ nodeId }) => nodeId).sort()
      assert.deepEqual(names, three.ports.map((port) => `localhost-${port}`).sort())

      const pid = nodes.find(({ nodeId }) => nodeId === leader)?.status?.pid
      assert.ok(pid !== undefined)
      process.kill(pid, 'SIGKILL')
      const asked = leader === `localhost-${first}` ? second : first
      const after = await waitUntil(
        async () => {
          const told = await three.ledStatus(asked)
          return told.leader === leader ? undefined : told
        },
        { what: 'another leader', timeoutMs: WITHIN_MS },
      )
      assert.ok(names.includes(after.leader ?? ''))

      const killed = Number(leader?.replace('localhost-', ''))
      assert.equal((await three.activemq(killed, 'start')).exitCode, 0)
      for (const port of three.ports) {
        const { out } = await three.activemq(port, 'stop')
        assert.match(out, new RegExp(`^localhost-${port} stopped `))
      }
    } finally {
      await three.dispose()
    }
  })
})

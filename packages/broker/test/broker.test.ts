import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { Broker } from '../src/broker.ts'
import { systemPorts } from '../src/ports.ts'
import type { BrokerOptions } from '../src/config/broker-options.ts'
import { CoordinationServer } from '../src/coordination/server/coordination-server.ts'
import { parseSyncLevel } from '../src/replication/sync-level.ts'
import { optionsOfOne } from './options-of-one.ts'

const ports = systemPorts(silentLog)

interface Surroundings {
  readonly directory: string
  readonly options: (change?: Partial<BrokerOptions>) => BrokerOptions
}

/** A coordination server and a directory for brokers of a cluster of one. */
async function withSurroundings(work: (around: Surroundings) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-broker-'))
  const coordination = await CoordinationServer.start({
    host: '127.0.0.1',
    port: 0,
    directory: join(directory, 'coordination'),
    clock: systemClock,
    log: silentLog,
  })
  try {
    await work({
      directory,
      options: (change = {}) => ({
        ...optionsOfOne(directory, coordination.port),
        ...change,
      }),
    })
  } finally {
    await coordination.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function untilLeads(broker: Broker): Promise<void> {
  for (let i = 0; broker.status().role !== 'leader'; i++) {
    assert.ok(i < 500, `still ${broker.status().role}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function codeOf(error: unknown): string {
  return error instanceof BrokerError ? error.code : String(error)
}

describe('broker', () => {
  it('founds a cluster of one, leads it, and finds everything again after a clean stop', () =>
    withSurroundings(async ({ options }) => {
      const settings = options()
      const first = await Broker.start(settings, ports)
      await untilLeads(first)
      const { epoch, log } = first.status()
      await first.stop()
      const second = await Broker.start(settings, ports)
      await untilLeads(second)
      assert.ok(second.status().epoch > epoch)
      assert.ok(second.status().log.index > log.index)
      await second.stop()
    }))

  it('tells what limits in percent come to on its disk', () =>
    withSurroundings(async ({ options }) => {
      const space = () => Promise.resolve({ freeBytes: 7e9, totalBytes: 8e9 })
      const { store } = options()
      const settings = options({ store: { ...store, limitPercent: 25 }, tempLimitPercent: 10 })
      const fileSystem = { ...ports.fileSystem, space }
      const broker = await Broker.start(settings, { ...ports, fileSystem })
      await untilLeads(broker)
      const { store: told, flow } = broker.status()
      assert.deepEqual([told?.limitBytes, flow?.temporary?.limitBytes], [2e9, 0.8e9])
      await broker.stop()
    }))

  it('tells the ports that it took where any would do', () =>
    withSurroundings(async ({ options }) => {
      const { replication, ...others } = options()
      const anyPort = { bind: 'tcp://127.0.0.1:0', advertisedAddress: '127.0.0.1:0' }
      const settings = { ...others, replication: { ...replication, ...anyPort } }
      const broker = await Broker.start(settings, ports)
      assert.match(broker.status().replicationAddress, /^127\.0\.0\.1:[1-9]\d*$/)
      assert.match(broker.consoleUrl, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      await broker.stop()
    }))

  it('stops once, however often it is told to, also while it opens its index', () =>
    withSurroundings(async ({ options }) => {
      const settings = options()
      const broker = await Broker.start(settings, ports)
      await Promise.all([broker.stop(), broker.stop()])
      // The directory is free again: nothing of the first broker holds on to it.
      const next = await Broker.start(settings, ports)
      await untilLeads(next)
      await next.stop()
    }))

  it('tells in its status of a loss that was possible, from then on (R10)', () =>
    withSurroundings(async ({ directory, options }) => {
      const settings = options()
      const replication = { ...settings.replication, sync: parseSyncLevel('quorum_mem') }
      const before = { ...settings, replication }
      const first = await Broker.start(before, { ...ports, bootId: 'boot-1' })
      await untilLeads(first)
      assert.deepEqual(first.status().possibleLosses, [])
      // What a machine without power leaves: nobody said that it was clean.
      const dataDirectory = join(directory, 'after')
      await cp(before.dataDirectory, dataDirectory, {
        recursive: true,
        filter: (name) => !basename(name).startsWith('lock-'),
      })
      await first.stop()
      for (const bootId of ['boot-2', 'boot-2']) {
        const broker = await Broker.start({ ...before, dataDirectory }, { ...ports, bootId })
        await untilLeads(broker)
        const { possibleLosses, suspect } = broker.status()
        const [loss] = possibleLosses
        assert.deepEqual([possibleLosses.length, suspect, loss?.leader], [1, false, 'node01'])
        assert.ok(loss && loss.afterIndex >= 1)
        assert.match(loss.since ?? '', /^20\d\d-.*Z$/)
        await broker.stop()
      }
    }))

  it('refuses a data directory that another broker uses', () =>
    withSurroundings(async ({ options }) => {
      const settings = options()
      const broker = await Broker.start(settings, ports)
      const second = await Broker.start(settings, ports).catch((error: unknown) => error)
      assert.equal(codeOf(second), 'STORE_IN_USE')
      await broker.stop()
    }))

  it('refuses a data directory of another node, and leaves it as it is', () =>
    withSurroundings(async ({ options }) => {
      const settings = options()
      const broker = await Broker.start(settings, ports)
      await untilLeads(broker)
      await broker.stop()
      const foreign = await Broker.start({ ...settings, nodeId: 'node02' }, ports).catch(
        (error: unknown) => error,
      )
      assert.equal(codeOf(foreign), 'FOREIGN_CLUSTER')
      const again = await Broker.start(settings, ports)
      await untilLeads(again)
      await again.stop()
    }))

  it('that cannot listen for clients when it leads says so and gives up', () =>
    withSurroundings(async ({ options }) => {
      const taken = createServer()
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
      const { port } = taken.address() as AddressInfo
      const uri = `tcp://127.0.0.1:${port}`
      const settings = options({
        transportConnectors: [{ name: 'openwire', uri, publishedUri: '' }],
      })
      const broker = await Broker.start(settings, ports)
      assert.equal((await broker.failed).code, 'ADDRESS_IN_USE')
      assert.notEqual(broker.status().role, 'leader')
      await broker.stop()
      await new Promise((resolve) => taken.close(resolve))
    }))

  it('of a cluster founded with another number of replicas gives up', () =>
    withSurroundings(async ({ options, directory }) => {
      const settings = options()
      const founder = await Broker.start(settings, ports)
      await untilLeads(founder)
      const other = await Broker.start(
        {
          ...options({ nodeId: 'node02', dataDirectory: join(directory, 'node02') }),
          replication: { ...settings.replication, ...options().replication, replicas: 3 },
        },
        ports,
      )
      const error = await other.failed
      assert.equal(error.code, 'CONFIG_INVALID')
      assert.match(error.message, /replicas is 3 here, but the cluster was founded with 1/)
      await other.stop()
      await founder.stop()
    }))
})

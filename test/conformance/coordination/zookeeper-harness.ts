import { ZooKeeperCoordinator } from '@quorate/broker/coordination/zookeeper-coordinator'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { connectTcp } from '@quorate/core/transport/tcp-stream'
import type { NetworkAddress } from '@quorate/core/transport/network'
import type { CoordinatorHarness } from './coordinator-suite.ts'

export interface HarnessOptions {
  readonly connectString: string
  readonly sessionTimeoutMs: number
  readonly zkPassword?: string
  readonly log?: Log
  readonly stop: () => Promise<void>
}

/** The cable between one client and its servers. */
export class Cable {
  #isCut = false
  readonly #streams = new Set<ByteStream>()

  readonly connect = async (to: NetworkAddress, signal: AbortSignal): Promise<ByteStream> => {
    if (this.#isCut) throw new BrokerError('CONNECTION_LOST', 'the cable is cut')
    const stream = await connectTcp(to, signal)
    this.#streams.add(stream)
    return stream
  }

  cut(): void {
    this.#isCut = true
    for (const stream of this.#streams) stream.destroy()
    this.#streams.clear()
  }

  heal(): void {
    this.#isCut = false
  }
}

/** ZooKeeper coordinators for the suite, each with a cable of its own. */
export function zookeeperHarness(options: HarnessOptions): CoordinatorHarness {
  const { connectString, sessionTimeoutMs } = options
  return {
    sessionTimeoutMs,
    join(cluster) {
      const cable = new Cable()
      const coordinator = new ZooKeeperCoordinator({
        connectString,
        zkPath: '/quorate/stores',
        brokerName: cluster,
        zkPassword: options.zkPassword ?? null,
        sessionTimeoutMs,
        operationTimeoutMs: 1_500,
        clock: systemClock,
        log: options.log ?? silentLog,
        connect: cable.connect,
      })
      return { coordinator, cut: () => cable.cut(), heal: () => cable.heal() }
    },
    stop: options.stop,
  }
}

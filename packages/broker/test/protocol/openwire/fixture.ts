import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import type { WireFormatOffer } from '@quorate/core/openwire/wire-format'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { createPipe } from '@quorate/core/transport/pipe'
import { OpenWireAdapter } from '../../../src/protocol/openwire/openwire-adapter.ts'
import { defaultOpenWireOptions } from '../../../src/protocol/openwire/openwire-options.ts'
import type { OpenWireOptions } from '../../../src/protocol/openwire/openwire-options.ts'
import { FakeEngine } from './fake-engine.ts'
import { ScriptedClient, connectionInfo, producerInfo, sessionInfo } from './scripted-client.ts'

export class Fixture {
  readonly engine = new FakeEngine()
  readonly clock = new ManualClock()
  readonly logged: string[] = []
  readonly adapter: OpenWireAdapter

  constructor(options: Partial<OpenWireOptions> = {}, largeFramesBytesMax?: number) {
    const note = (message: string, fields?: Readonly<Record<string, unknown>>) => {
      this.logged.push(`${message} ${JSON.stringify(fields ?? {})}`)
    }
    const log = { ...silentLog, info: note, warn: note, error: note, with: () => log }
    this.adapter = new OpenWireAdapter({
      engine: this.engine,
      brokerName: 'cluster',
      brokerId: 'ID:node01',
      clusterUris: ['tcp://node01:61616', 'tcp://node02:61616'],
      clock: this.clock,
      log,
      options: { ...defaultOpenWireOptions, ...options },
      ...(largeFramesBytesMax === undefined ? {} : { largeFramesBytesMax }),
    })
  }

  /** A client on a stream of its own, before any byte. */
  dial(offer: Partial<WireFormatOffer> = {}): ScriptedClient {
    return new ScriptedClient(this.stream(), offer)
  }

  /** The client's end of a stream to the broker. */
  stream(): ByteStream {
    const [client, broker] = createPipe()
    this.adapter.accept(broker)
    return client
  }

  /** A client that has connected and has one session and one producer. */
  async connect(offer: Partial<WireFormatOffer> = {}): Promise<ScriptedClient> {
    return this.register(await this.dial(offer).greet())
  }

  /** One session and one producer for a client that has said hello. */
  async register(client: ScriptedClient): Promise<ScriptedClient> {
    await client.succeed(connectionInfo())
    await client.send(sessionInfo())
    await client.succeed(producerInfo())
    return client
  }
}

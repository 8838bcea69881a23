import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import { encodeText } from '@quorate/core/openwire/message-body'
import { NO_RECEIPT } from '../../../src/engine/client.ts'
import type { Client, ClientSink, Delivery } from '../../../src/engine/client.ts'
import { Engine } from '../../../src/engine/engine.ts'
import type { EngineOptions } from '../../../src/engine/engine-options.ts'
import type {
  ManagementApi,
  ManagementOptions,
} from '../../../src/management/api/management-api.ts'
import { messageEditor } from '../../../src/protocol/openwire/message-editor.ts'
import { wireDestination } from '../../../src/protocol/openwire/wire-destination.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import { MemoryStore } from '../../../src/store/memory/memory-store.ts'
import { sampleStatus } from '../sample-status.ts'
import { listeningApi } from './listening-api.ts'

/** Takes what it is handed and says nothing. */
export class QuietSink implements ClientSink {
  readonly deliveries: Delivery[] = []
  dispatch(_consumer: unknown, deliveries: readonly Delivery[]): void {
    this.deliveries.push(...deliveries)
  }
  confirm(): void {}
  reject(): void {}
  endOfMessages(): void {}
  consumerEnded(): void {}
  close(): void {}
  pause(): void {}
  resume(): void {}
  flush(): void {}
}

/** An engine that leads, on a log that commits at the end of each turn, behind the API. */
export class LeadingBroker {
  readonly clock = new ManualClock()
  readonly engine: Engine
  /** Nothing is committed while it is set. */
  holdsCommits = false
  readonly #store: MemoryStore
  readonly #log = new MemoryLog()
  #connections = 0
  #sequence = 0

  constructor(options: Partial<EngineOptions> = {}) {
    this.#store = new MemoryStore({ bodies: this.#log })
    this.engine = new Engine({
      store: this.#store,
      log: {
        confirmableIndex: 0,
        append: (op) => {
          setImmediate(() => this.commit())
          return this.#log.append(op)
        },
      },
      clock: this.clock,
      logger: silentLog,
      editor: messageEditor,
      lease: { valid: () => true },
      turn: { schedule: (work) => setImmediate(work) },
      options,
    })
    this.engine.start()
  }

  commit(): void {
    if (!this.holdsCommits) this.#log.applyTo(this.#store)
  }

  api(changes: Partial<ManagementOptions> = {}): Promise<ManagementApi> {
    const status = () => sampleStatus({ nodeId: 'node01', role: 'leader', leader: 'node01' })
    const administration = () => (this.engine.isRunning ? this.engine.administration() : null)
    const { clock } = this
    return listeningApi(status, {
      clock,
      broker: { status, elections: () => [], administration },
      ...changes,
    })
  }

  connect(clientId = '', sink: ClientSink = new QuietSink()): Client {
    return this.engine.connect({
      connectionId: `ID:test-${++this.#connections}`,
      clientId,
      userName: 'tester',
      remoteAddress: 'tcp://127.0.0.1:4711',
      reconnect: false,
      sink,
    })
  }

  consume(client: Client, destination: string, prefetch = 10, durableName = ''): void {
    client.openConsumer(
      {
        consumerId: `${client.options.connectionId}:1:1`,
        destination: parseDestinationName(destination, 'queue'),
        prefetch,
        browser: false,
        durableName,
        noLocal: false,
        exclusive: false,
        priority: 0,
        selector: '',
        pendingLimit: 0,
        info: null,
      },
      NO_RECEIPT,
    )
  }

  /** A text message, as a Java client sends it. */
  send(client: Client, destination: string, text: string, persistent = true): void {
    const name = parseDestinationName(destination, 'queue')
    const producerId = create('ProducerId', {
      connectionId: client.options.connectionId,
      sessionId: 1,
      value: 1,
    })
    const messageId = create('MessageId', { producerId, producerSequenceId: ++this.#sequence })
    const command = create('ActiveMQTextMessage', {
      producerId,
      messageId,
      destination: wireDestination(name),
      persistent,
      priority: 4,
      timestamp: 1_700_000_000_000,
      content: encodeText(text),
    })
    const message = {
      producer: '',
      producerSequence: 0,
      destination: name,
      persistent,
      priority: 4,
      expirationMs: 0,
      body: encodeCanonical(command),
      paced: true,
      decoded: undefined,
    }
    client.send(message, '', NO_RECEIPT)
  }

  /** Until everything that was begun is committed. */
  async settled(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  }
}

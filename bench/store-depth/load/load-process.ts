/**
 * The load, in a process of its own, so that its memory and its work are not a broker's. Argument:
 * LoadSettings as JSON. Ends with its standard input.
 */
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { Bodies } from './bodies.ts'
import type { LoadOrder, LoadSettings } from './load-orders.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import { Stream } from './stream.ts'

const PREFETCH = 1000
const ACKNOWLEDGE_EVERY = 100
const PROGRESS_MS = 200
const PROBE_QUEUE = 'store-depth.probe'

function tell(e: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ t: monotonicNowMs(), e, ...fields })}\n`)
}

/** What an order has done so far. */
interface Work {
  readonly done: () => number
  /** Of that, or besides, how many sends were confirmed. */
  readonly sent: () => number
  readonly failovers: () => number
  readonly over: Promise<void>
  readonly close: () => void
}

class Load {
  readonly #settings: LoadSettings
  readonly #bodies: Bodies
  readonly #run = randomUUID()
  #connections = 0
  #probe: Sender | null = null
  #holder: Receiver | null = null
  #stream: Stream | null = null

  constructor(settings: LoadSettings) {
    this.#settings = settings
    this.#bodies = new Bodies(settings)
  }

  async obey(order: LoadOrder): Promise<void> {
    const startedMs = monotonicNowMs()
    const cpuBefore = process.cpuUsage()
    const work = this.#begin(order)
    const counters = (): object => ({
      count: work.done(),
      sent: work.sent(),
      failovers: work.failovers(),
    })
    const timer = setInterval(() => tell('progress', { done: work.done() }), PROGRESS_MS)
    try {
      await work.over
      const seconds = (monotonicNowMs() - startedMs) / 1000
      const { user, system } = process.cpuUsage(cpuBefore)
      const busyShare = (user + system) / 1e6 / seconds
      tell('done', { seconds, busyShare, ...counters() })
    } catch (error) {
      tell('failed', { message: error instanceof Error ? error.message : String(error) })
    } finally {
      clearInterval(timer)
      work.close()
    }
  }

  #begin(order: LoadOrder): Work {
    switch (order.do) {
      case 'send':
        return this.#send(order)
      case 'receive':
        return this.#receive(order)
      case 'flow':
        return this.#flow(order)
      case 'stream':
        return this.#beginStream(order)
      case 'look':
        return this.#look()
      case 'halt':
        return this.#halt()
      case 'hold':
        return this.#hold(order)
      case 'release':
        return this.#release()
      case 'probe':
        return this.#sendProbe()
    }
  }

  #send({ queue, queues, count }: { queue: string; queues: number; count: number }): Work {
    const names = Array.from({ length: queues }, (_, at) => `${queue}.${at + 1}`)
    const sender = this.#sender(queues === 1 ? [queue] : names)
    return { ...sending(sender), over: sender.send(count), close: () => sender.close() }
  }

  #receive({ queue, count }: { queue: string; count: number }): Work {
    const receiver = this.#receiver(queue)
    const over = receiver.receive(count).then(() => receiver.acknowledge())
    return { ...receiving(receiver), over, close: () => receiver.close() }
  }

  #flow({ queue, count }: { queue: string; count: number }): Work {
    const stream = this.#streamOf(queue, count)
    return { ...streaming(stream), over: stream.over, close: () => stream.close() }
  }

  /** Over as soon as it has begun. */
  #beginStream({ queue }: { queue: string }): Work {
    if (this.#stream !== null) throw new Error('a stream flows already')
    this.#stream = this.#streamOf(queue, Number.POSITIVE_INFINITY)
    return this.#look()
  }

  #look(): Work {
    const work = streaming(this.#flowing())
    return { ...work, over: Promise.resolve(), close: () => undefined }
  }

  #halt(): Work {
    const stream = this.#flowing()
    this.#stream = null
    stream.halt()
    return { ...streaming(stream), over: stream.over, close: () => stream.close() }
  }

  #hold({ queue }: { queue: string }): Work {
    const sender = this.#sender([queue])
    const holder = new Receiver({
      ...this.#place(),
      queue,
      prefetch: 1,
      acknowledgeEvery: Number.POSITIVE_INFINITY,
    })
    this.#holder = holder
    const over = Promise.all([holder.receive(1), sender.send(1)]).then(() => undefined)
    return { ...receiving(holder), over, close: () => sender.close() }
  }

  #release(): Work {
    const holder = this.#holder
    if (holder === null) throw new Error('nothing is held')
    return { ...receiving(holder), over: holder.acknowledge(), close: () => holder.close() }
  }

  #sendProbe(): Work {
    const probe = (this.#probe ??= this.#sender([PROBE_QUEUE]))
    return { ...sending(probe), over: probe.send(1), close: () => undefined }
  }

  #streamOf(queue: string, count: number): Stream {
    return new Stream({ sender: this.#sender([queue]), receiver: this.#receiver(queue), count })
  }

  #flowing(): Stream {
    if (this.#stream === null) throw new Error('no stream flows')
    return this.#stream
  }

  #sender(queues: readonly string[]): Sender {
    const { window } = this.#settings
    return new Sender({ ...this.#place(), queues, bodies: this.#bodies, window })
  }

  #receiver(queue: string): Receiver {
    const acknowledgeEvery = ACKNOWLEDGE_EVERY
    return new Receiver({ ...this.#place(), queue, prefetch: PREFETCH, acknowledgeEvery })
  }

  #place(): { id: string; ports: readonly number[] } {
    const id = `ID:store-depth-${this.#run}-${++this.#connections}`
    return { id, ports: this.#settings.ports }
  }
}

type Counters = Pick<Work, 'done' | 'sent' | 'failovers'>

function sending(sender: Sender): Counters {
  const sent = (): number => sender.confirmed
  return { done: sent, sent, failovers: () => sender.failovers }
}

function receiving(receiver: Receiver): Counters {
  return { done: () => receiver.received, sent: () => 0, failovers: () => receiver.failovers }
}

function streaming({ sender, receiver }: Stream): Counters {
  return {
    done: () => receiver.received,
    sent: () => sender.confirmed,
    failovers: () => sender.failovers + receiver.failovers,
  }
}

const load = new Load(JSON.parse(process.argv[2] ?? '{}') as LoadSettings)
tell('ready', {})
for await (const line of createInterface({ input: process.stdin })) {
  await load.obey(JSON.parse(line) as LoadOrder)
}
process.exit(0)

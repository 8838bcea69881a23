import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { parseBrokerUri } from '@quorate/broker/cli/openwire/broker-uri'
import { connect } from '@quorate/broker/cli/openwire/connect'
import { create } from '@quorate/core/openwire/commands'
import { runInProcess as run } from '../support/command-line.ts'
import type { Ran } from '../support/command-line.ts'
import { MemoryBroker } from '../support/memory-broker.ts'

interface World {
  readonly broker: MemoryBroker
  readonly produce: (...words: string[]) => Promise<Ran>
  readonly consume: (...words: string[]) => Promise<Ran>
}

async function withBroker(work: (world: World) => Promise<void>): Promise<void> {
  const broker = new MemoryBroker()
  await broker.listen()
  const url = ['--brokerUrl', broker.uri]
  try {
    await work({
      broker,
      produce: (...words) => run(['producer', ...url, ...words]),
      consume: (...words) => run(['consumer', ...url, '--receiveTimeout', '300ms', ...words]),
    })
  } finally {
    await broker.stop()
  }
}

/** Sends a text that says that it is longer than its message. */
async function sendUnreadable(brokerUrl: string): Promise<void> {
  const words = { tell: () => {}, label: '' }
  const connection = connect({ uri: parseBrokerUri(brokerUrl), login: null }, words)
  await connection.whenUp()
  const { producerId } = connection
  const message = create('ActiveMQTextMessage', {
    producerId,
    messageId: create('MessageId', { producerId, producerSequenceId: 1 }),
    destination: create('ActiveMQQueue', { physicalName: 'TEST' }),
    persistent: true,
    content: Buffer.from([0, 0, 0, 9, 65]),
  })
  await connection.request(message, 'resend')
  await connection.close()
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

describe('producer and consumer', () => {
  it('send what is asked for and receive it once, in order', async () => {
    await withBroker(async ({ produce, consume }) => {
      const sent = await produce('--messageCount', '2500', '--destination', 'queue://ORDERS')
      assert.equal(sent.exitCode, 0)
      assert.match(sent.out, /^2,500 messages confirmed by queue:\/\/ORDERS in \d+\.\d\d s \(/)
      const first = await consume('--messageCount', '1200', '--destination', 'ORDERS')
      const rest = await consume('--destination', 'ORDERS', '--messageCount', '5000')
      const texts = [...lines(first.out), ...lines(rest.out)]
      const wanted = Array.from({ length: 2500 }, (_, at) => `test message: ${at + 1}`)
      assert.deepEqual(texts, wanted)
      assert.match(rest.err, /1,300 messages received from queue:\/\/ORDERS\n$/)
      assert.equal(lines((await consume('--destination', 'ORDERS')).out).length, 0)
    })
  })

  it('work in transactions, and acknowledge each message by itself', async () => {
    await withBroker(async ({ produce, consume }) => {
      const sent = await produce('--messageCount=25', '--transactionBatchSize=10', '--json')
      const { confirmed, unknown } = JSON.parse(sent.out) as Record<string, number>
      assert.deepEqual([confirmed, unknown], [25, 0])
      const some = await consume('--messageCount=7', '--ackMode', 'SESSION_TRANSACTED')
      assert.equal(lines(some.out).length, 7)
      const others = await consume('--messageCount=8', '--ackMode', 'INDIVIDUAL_ACKNOWLEDGE')
      assert.equal(lines(others.out)[0], 'test message: 8')
      const rest = await consume('--transactionBatchSize', '4')
      assert.deepEqual(lines(rest.out).length, 10)
      assert.equal(lines((await consume()).out).length, 0)
    })
  })

  it('show bodies of bytes, sizes, several connections and JSON', async () => {
    await withBroker(async ({ produce, consume }) => {
      await produce('--messageSize', '3', '--messageCount', '1')
      await produce('--textMessageSize', '5', '--messageCount', '1')
      assert.equal((await produce('--message', 'héllo\n2', '--messageCount', '1')).exitCode, 0)
      const text = await consume('--messageCount', '2')
      assert.deepEqual(lines(text.out), ['base64 YWFh', 'aaaaa'])
      const json = await consume('--json', '--messageCount', '1')
      const [message = '{}', summary = '{}'] = lines(json.out)
      const told = JSON.parse(message) as Record<string, unknown>
      assert.deepEqual([told.text, told.redelivered], ['héllo\n2', false])
      assert.deepEqual(JSON.parse(summary), {
        destination: 'queue://TEST',
        received: 1,
        repeated: 0,
        unsettled: 0,
      })
      const warnings: string[] = []
      const warned = ({ message }: Error): void => void warnings.push(message)
      process.on('warning', warned)
      const words = ['--messageCount', '10', '--transactionBatchSize', '1']
      const parallel = await produce('--parallelThreads', '12', ...words)
      assert.match(parallel.out, /^120 messages confirmed/)
      process.off('warning', warned)
      assert.deepEqual(warnings, [], 'no listener stays behind')
    })
  })

  it('send a group with their messages, and show it', async () => {
    await withBroker(async ({ produce, consume }) => {
      await produce('--msgGroupID', 'eu', '--messageCount', '1')
      await produce('--messageCount', '1')
      const { out } = await consume('--json', '--messageCount', '2')
      const groups = lines(out).map((line) => (JSON.parse(line) as { groupId?: string }).groupId)
      assert.deepEqual(groups, ['eu', undefined, undefined])
    })
  })

  it('acknowledge as many together as is asked for', async () => {
    await withBroker(async ({ produce, consume }) => {
      await produce('--messageCount', '60')
      for (const ack of ['CLIENT_ACKNOWLEDGE', 'SESSION_TRANSACTED']) {
        const some = await consume('--ackMode', ack, '--batchSize', '7', '--messageCount', '30')
        assert.deepEqual([some.exitCode, lines(some.out).length], [0, 30], some.err)
      }
      assert.deepEqual(lines((await consume()).out), [])
      const both = await consume('--batchSize', '2', '--transactionBatchSize', '2')
      assert.equal(both.exitCode, 2)
    })
  })

  it('count neither the way to a broker nor the good-bye into a rate', async () => {
    // The first of the list is tried for as long as nobody answers there.
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    server.on('connection', (socket) => void setTimeout(() => socket.destroy(), 1000))
    await withBroker(async ({ broker }) => {
      const list = `failover:(tcp://127.0.0.1:${port},${broker.uri})?randomize=false`
      const beganMs = performance.now()
      const sent = await run(['producer', '--brokerUrl', list, '--messageCount', '1', '--json'])
      const wholeMs = performance.now() - beganMs
      const { confirmed, elapsedMs = 0 } = JSON.parse(sent.out) as Record<string, number>
      assert.equal(confirmed, 1)
      assert.ok(elapsedMs < wholeMs - 900, `${elapsedMs} of ${wholeMs} ms`)
    })
    server.close()
  })

  it('know that what a broker refuses is not there', async () => {
    const broker = new MemoryBroker({ engine: { memoryLimitBytes: 20_000 } })
    await broker.listen()
    const sends = ['--textMessageSize', '15000', '--messageCount', '3', '--json']
    const words = [...sends, '--persistent', 'false', '--transactionBatchSize', '3']
    const sent = await run(['producer', '--brokerUrl', broker.uri, ...words])
    const { confirmed, refused, unknown } = JSON.parse(sent.out) as Record<string, number>
    assert.deepEqual([sent.exitCode, confirmed, refused, unknown], [5, 0, 3, 0], sent.err)
    assert.match(sent.err, /^error the broker refuses: No memory is left for the transaction/m)
    await broker.stop()
  })

  it('name a message that cannot be read, and keep what was shown before it', async () => {
    await withBroker(async ({ broker, produce, consume }) => {
      await produce('--messageCount', '3')
      await sendUnreadable(broker.uri)
      const got = await consume()
      assert.deepEqual([got.exitCode, lines(got.out).length], [1, 3])
      assert.match(
        got.err,
        /^error message ID:quorate-.*:1:1:1 cannot be read: a text longer than/m,
      )
      assert.match(got.err, /^3 messages received/m)
      const again = await consume()
      assert.deepEqual([again.exitCode, again.out], [1, ''])
    })
  })

  it('stop when they are asked to, though the broker does not answer', async () => {
    let isStuck = false
    const broker = new MemoryBroker({
      schedule: (work) => {
        if (!isStuck) setImmediate(work)
      },
    })
    await broker.listen()
    const url = ['--brokerUrl', broker.uri]
    await run(['producer', ...url, '--messageCount', '1'])
    const cut = await run(['consumer', ...url, '--messageCount', '9'], () => {
      isStuck = true
      setTimeout(() => process.emit('SIGHUP'), 200)
    })
    assert.equal(cut.exitCode, 130)
    assert.equal(cut.out, 'test message: 1\n')
    assert.match(cut.err, /^1 message acknowledged without an answer: they may come again/m)
    await broker.stop()
  })

  it('go on when a connection is lost while a message is being shown', async () => {
    await withBroker(async ({ broker, produce }) => {
      await produce('--messageCount', '20')
      const uri = `failover:(${broker.uri})`
      let shown = 0
      const got = await run(
        ['consumer', '--brokerUrl', uri, '--receiveTimeout', '500ms'],
        () => shown++,
        {
          drained: async () => {
            if (shown !== 7) return
            await broker.failOver()
            // Until the messages come again.
            await delay(300)
          },
        },
      )
      const wanted = Array.from({ length: 20 }, (_, at) => `test message: ${at + 1}`)
      assert.deepEqual([got.exitCode, lines(got.out)], [0, wanted], got.err)
      assert.match(got.err, /^\d messages? came a second time, and not shown again$/m)
      assert.doesNotMatch(got.err, /without an answer/)
    })
  })

  it('keep a durable subscription while nobody listens', async () => {
    await withBroker(async ({ produce, consume }) => {
      const words = ['--destination', 'topic://PRICES', '--durable', '--clientId', 'till-1']
      assert.equal((await consume(...words)).exitCode, 0)
      await produce('--destination', 'topic://PRICES', '--messageCount', '3')
      assert.equal(lines((await consume(...words)).out).length, 3)
      const queue = await consume('--durable', '--clientId', 'x')
      const why = 'a durable subscription is of a topic, and of a --clientId'
      assert.deepEqual([queue.exitCode, queue.err], [2, `error --durable: ${why}\n`])
    })
  })

  it('go on with another leader, and lose and repeat nothing that was confirmed', async () => {
    const broker = new MemoryBroker()
    await broker.listen()
    const uri = `failover:(${broker.uri})`
    let failOvers = 0
    const producing = run(['producer', '--brokerUrl', uri, '--messageCount', '20000', '--json'])
    const timer = setInterval(() => {
      if (failOvers++ < 3) void broker.failOver()
    }, 150)
    const produced = await producing
    clearInterval(timer)
    assert.match(produced.err, /^lost tcp:.*[\s\S]*^connected to/m)
    const sent = JSON.parse(produced.out) as Record<string, number>
    assert.deepEqual([sent.confirmed, sent.unknown], [20_000, 0])

    // The last leadership of each part ends as its last messages are shown.
    const texts: string[] = []
    for (const [ack, count] of [
      ['AUTO_ACKNOWLEDGE', 8000],
      ['INDIVIDUAL_ACKNOWLEDGE', 3000],
      ['SESSION_TRANSACTED', 9000],
    ] as const) {
      let received = 0
      const words = ['--messageCount', `${count}`, '--receiveTimeout', '2s', '--ackMode', ack]
      const got = await run(['consumer', ...words, '--brokerUrl', uri], (text) => {
        received += lines(text).length
        if ([count >> 1, count - 30].includes(received)) void broker.failOver()
      })
      assert.match(got.err, /^lost tcp:.*[\s\S]*^connected to/m)
      texts.push(...lines(got.out))
    }
    const wanted = Array.from({ length: 20_000 }, (_, at) => `test message: ${at + 1}`)
    assert.deepEqual(texts, wanted)
    const left = await run(['consumer', '--receiveTimeout', '300ms', '--brokerUrl', uri])
    assert.equal(left.out, '')
    await broker.stop()
  })

  it('begin a transaction again that died with its leader', async () => {
    const broker = new MemoryBroker()
    await broker.listen()
    const uri = `failover:(${broker.uri})`
    const words = ['--messageCount', '4000', '--transactionBatchSize', '100', '--brokerUrl', uri]
    const producing = run(['producer', ...words, '--json'])
    const timer = setInterval(() => void broker.failOver(), 60)
    const produced = await producing
    clearInterval(timer)
    assert.match(produced.err, /^lost tcp:/m)
    assert.equal((JSON.parse(produced.out) as Record<string, number>).confirmed, 4000)
    const got = await run(['consumer', ...words, '--receiveTimeout', '1s'])
    const wanted = Array.from({ length: 4000 }, (_, at) => `test message: ${at + 1}`)
    assert.deepEqual(lines(got.out), wanted)
    await broker.stop()
  })

  it('say who does not serve them, and what is wrong with their words', async () => {
    const of = async (...words: string[]): Promise<string> => {
      const { exitCode, err } = await run(words)
      assert.equal(exitCode, 2, err)
      return err
    }
    const option = '"randomise" is not an option of failover that we know; did you mean'
    assert.equal(
      await of('producer', '--brokerUrl', 'failover:(tcp://a:1)?randomise=false'),
      `error --brokerUrl: ${option} "randomize"?\n`,
    )
    assert.equal(
      await of('consumer', '--brokerUrl', 'ssl://a:61617'),
      'error --brokerUrl: ssl: only tcp:// is spoken here\n',
    )
    assert.match(
      await of('producer', '--payloadUrl', 'http://a/b'),
      /^error --payloadUrl: nothing is fetched: message send --file /,
    )
    const noLogin = await of('producer', '--brokerUrl', 'tcp://me:secret@a:1')
    assert.equal(
      noLogin,
      'error --brokerUrl: no login in it; give --user and --password-file instead\n',
    )
    const asked: string[] = []
    const ask = (question: string): Promise<string> => Promise.resolve(`${asked.push(question)}`)
    for (const command of ['producer', 'consumer']) {
      await run([command, '--user', 'me', '--brokerUrl', 'x'], () => {}, { ask })
    }
    assert.deepEqual(asked, [], 'wrong words are told before a password is asked for')
    assert.match(await of('producer', '--mesageCount', '3'), /Did you mean --messageCount\?/)
    assert.match(await of('consumer', '--ackMode', 'AUTO'), /Allowed choices are AUTO_ACKNOWLEDGE/)
    assert.match(await of('producer', '--persistent', 'maybe'), /It is neither true nor false/)
    const dead = new MemoryBroker()
    await dead.listen()
    const { uri } = dead
    await dead.stop()
    const nobody = await run(['producer', '--brokerUrl', uri, '--messageCount', '1'])
    assert.equal(nobody.exitCode, 5)
    assert.match(nobody.err, /^error no broker of tcp:\/\/127\.0\.0\.1:\d+ serves us: /)
  })
})

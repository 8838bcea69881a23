import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runLine, withDailyWorld } from './daily-world.ts'
import type { DailyWorld } from './daily-world.ts'

async function filled({ broker }: DailyWorld): Promise<void> {
  const client = broker.connect()
  for (const text of ['one', 'two', 'three']) broker.send(client, 'queue://ORDERS', text)
  broker.send(client, 'queue://TEST.A', 'a')
  broker.send(client, 'queue://TEST.B.C', 'b')
  broker.send(client, 'topic://PRICES', 'p')
  await broker.settled()
}

/** Where nobody listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

describe('commands for daily work', () => {
  it("show destinations in ActiveMQ's columns", async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const { exitCode, out } = await world.run('dstat', 'queues', '--sort', 'pending')
      assert.equal(exitCode, 0)
      const [title = '', first = ''] = out.split('\n')
      const names = 'Name Queue Size Producer # Consumer # Enqueue # Dequeue # Forward # Memory %'
      assert.equal(title.replaceAll(/ {2,}/g, ' '), `${names} Inflight #`)
      assert.match(first, /^ORDERS +3 +- +0 +3 +0 +- +\S+ +0$/)
      const both = await world.run('dstat')
      assert.match(both.out, /^queue:\/\/ORDERS +3/m)
      assert.match(both.out, /^topic:\/\/PRICES +- +- +0 +1/m)
      const { destinations } = JSON.parse((await world.run('dstat', '--json')).out) as {
        destinations: { name: string }[]
      }
      assert.deepEqual(
        destinations.map(({ name }) => name),
        ['ORDERS', 'PRICES', 'TEST.A', 'TEST.B.C'],
      )
    })
  })

  it('answer what ActiveMQ users query, by the names of JMX', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const one = await world.run('query', '-QQueue=ORDERS', '--view', 'QueueSize,ConsumerCount')
      assert.equal(one.out, 'QueueSize = 3\nConsumerCount = 0\n')
      const name = 'org.apache.activemq:type=Broker,destinationType=Queue,destinationName=ORDERS'
      const byName = await world.run('query', '--objname', name, '--view', 'Name')
      assert.equal(byName.out, 'Name = ORDERS\n')
      const some = await world.run('query', '-QQueue=*', '-xQQueue=TEST.*', '--view=Name')
      assert.equal(some.out, 'Name = ORDERS\n')
      const broker = await world.run('bstat')
      assert.match(broker.out, /^BrokerId = node01$/m)
      assert.match(broker.out, /^TotalEnqueueCount = 6$/m)
      assert.equal((await world.run('bstat', 'nobody')).exitCode, 4)

      const wrong = await world.run('query', '-QQueu=ORDERS')
      const kinds = 'Broker, Queue, Topic, Subscription, Connection'
      const message = `error -Q: there is no Queu; there are ${kinds}; did you mean "Queue"?\n`
      assert.deepEqual(wrong, { exitCode: 2, out: '', err: message })
      const view = await world.run('query', '-QQueue=ORDERS', '--view', 'QueueSise')
      assert.equal(view.err, 'error --view: there is no QueueSise; did you mean "QueueSize"?\n')
    })
  })

  it('browse a queue with the words of ActiveMQ, and take nothing', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const { exitCode, out } = await world.run('browse', '-Vbody', 'ORDERS')
      assert.equal(exitCode, 0)
      const bodies = ['one', 'two', 'three'].map((text) => `JMS_BODY_FIELD:JMSText = ${text}\n\n`)
      assert.equal(out, bodies.join(''))
      const headers = await world.run('browse', '--view', 'JMSDeliveryMode', '--limit=1', 'ORDERS')
      assert.equal(headers.out, 'JMS_HEADER_FIELD:JMSDeliveryMode = persistent\n\n')
      assert.match((await world.run('dstat', 'queues')).out, /^ORDERS +3/m)
      const none = await world.run('browse', 'ORDRES')
      assert.deepEqual([none.exitCode, none.err], [4, 'error There is no such destination.\n'])
    })
  })

  it('purge names and wildcards, and say what is gone', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const typo = await world.run('purge', 'ORDRES')
      const message = 'error there is no destination ORDRES; did you mean "ORDERS"?\n'
      assert.deepEqual([typo.exitCode, typo.err], [4, message])
      const none = await world.run('purge', 'T.*')
      assert.equal(none.exitCode, 4, 'a dot is a dot')
      const some = await world.run('purge', 'TEST.>', 'TE*')
      const lines = 'queue://TEST.A: 1 message deleted\nqueue://TEST.B.C: 1 message deleted\n'
      assert.deepEqual(some, { exitCode: 0, out: lines, err: '' })
      const json = await world.run('queue', 'purge', 'ORDERS', '--json')
      assert.deepEqual(JSON.parse(json.out), {
        queues: [{ queue: 'queue://ORDERS', count: 3, isDone: true }],
      })
    })
  })

  it('ask on a terminal before they delete, and do nothing without a yes', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const login = ['--url', world.url, '--user', 'admin', '--password', 'Open-Sesame']
      const asked: string[] = []
      const answering = (answer: string | null) => ({
        ask: (question: string) => {
          asked.push(question)
          return Promise.resolve(answer)
        },
      })
      for (const answer of ['n', '', null]) {
        const no = await runLine(['purge', 'ORDERS', ...login], answering(answer))
        assert.deepEqual(no, { exitCode: 0, out: '', err: 'nothing was done\n' })
      }
      const yes = await runLine(['purge', 'ORDERS', ...login], answering('y'))
      assert.equal(yes.out, 'queue://ORDERS: 3 messages deleted\n')
      assert.equal(asked[0], 'Delete 3 messages of queue://ORDERS? [y/N] ')
      const agreed = await runLine(['purge', '--yes', 'TEST.A', ...login], answering('n'))
      assert.equal(agreed.out, 'queue://TEST.A: 1 message deleted\n')
    })
  })

  it('create, show and delete queues', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      assert.equal((await world.run('queue', 'create', 'NEW')).out, 'queue://NEW is there\n')
      const list = await world.run('queue', 'list', '--filter', 'new')
      assert.match(list.out, /^QUEUE +PENDING .*\nNEW +0 +0 +0 +0 +0\n$/)
      const consumer = world.broker.connect('billing')
      world.broker.consume(consumer, 'queue://NEW')
      await world.broker.settled()
      const show = await world.run('queue', 'show', 'NEW')
      assert.match(show.out, /^consumer billing: prefetch 10, in flight 0$/m)
      assert.equal((await world.run('queue', 'delete', 'NEW')).exitCode, 6)
      const gone = await world.run('queue', 'delete', 'TEST.A')
      assert.equal(gone.out, 'queue://TEST.A is deleted\n')
      const several = await world.run('queue', 'create', 'A.>')
      assert.equal(several.err, 'error "A.>" stands for several: name one\n')
    })
  })

  it('send, list, show, move, copy and delete messages', async () => {
    await withDailyWorld(async (world) => {
      const folder = mkdtempSync(join(tmpdir(), 'quorate-message-'))
      const file = join(folder, 'body')
      writeFileSync(file, Buffer.from([0xff, 0xfe, 1]))
      const words = ['--body', 'hello', '--property', 'shop=eu', '--priority', '7']
      const sent = await world.run('message', 'send', 'ORDERS', ...words)
      assert.match(sent.out, /^sent to queue:\/\/ORDERS: ID:api-/)
      const noText = await world.run('message', 'send', 'ORDERS', '--file', file)
      assert.match(noText.err, /is no text in UTF-8; --bytes sends it as it is/)
      const bytes = await world.run('message', 'send', 'ORDERS', '--file', file, '--bytes')
      assert.equal(bytes.exitCode, 0)
      rmSync(folder, { recursive: true })

      const { items } = JSON.parse(
        (await world.run('message', 'list', 'ORDERS', '--json')).out,
      ) as {
        items: { id: string }[]
      }
      const [first = '', second = ''] = items.map(({ id }) => id)
      const show = await world.run('message', 'show', 'ORDERS', first)
      assert.match(show.out, /^priority = 7$/m)
      assert.match(show.out, /^property shop = eu\n\nhello\n$/m)
      const move = await world.run('message', 'move', 'ORDERS', first, '--to', 'queue://PARKED')
      assert.equal(move.out, '1 message moved to queue://PARKED\n')
      const again = await world.run('message', 'move', 'ORDERS', first, '--to', 'PARKED')
      assert.equal(again.exitCode, 4)
      assert.match(again.err, /^error 1 message of them not there, or a consumer has them/)
      const copy = await world.run('message', 'copy', 'ORDERS', second, '--to', 'PARKED')
      assert.equal(copy.out, '1 message copied to PARKED\n')
      const removed = await world.run('message', 'delete', 'ORDERS', second)
      assert.equal(removed.out, '1 message deleted\n')
      const parked = await world.run('message', 'list', 'PARKED', '--limit', '1')
      assert.match(parked.err, /^there are more: --after \d+\n$/)
    })
  })
})

describe('a node that does not lead', () => {
  it('is asked where the leader is, and that one is asked then', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const login = ['--url', world.followerUrl, '--user', 'admin', '--password', 'Open-Sesame']
      const sent = await runLine(['message', 'send', 'PARKED', '--body', 'x', ...login])
      assert.equal(sent.exitCode, 0, sent.err)
      const purge = await runLine(['purge', 'ORDERS', 'TEST.A', ...login])
      const note = 'This node does not lead; node01 leads. Asking node01 at'
      assert.deepEqual(purge, {
        exitCode: 0,
        out: 'queue://ORDERS: 3 messages deleted\nqueue://TEST.A: 1 message deleted\n',
        err: `${note} ${world.url}\n`,
      })
    })
  })

  it('that sends to another one that does not lead either is not followed for ever', async () => {
    const server = createServer((_request, response) => {
      const { port } = server.address() as AddressInfo
      const leaderUrl = `http://127.0.0.1:${port}`
      const detail = 'This node does not lead; node09 leads.'
      response.writeHead(421)
      response.end(JSON.stringify({ detail, code: 'NOT_LEADER', leader: 'node09', leaderUrl }))
      asked++
    })
    let asked = 0
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { exitCode } = await runLine(['dstat', '--url', `127.0.0.1:${port}`])
    server.close()
    assert.equal(exitCode, 5)
    assert.equal(asked, 2)
  })

  it('or is not there is passed over when another URL is given', async () => {
    await withDailyWorld(async (world) => {
      await filled(world)
      const dead = await deadUrl()
      const none = await runLine(['dstat', '--url', dead, '--user', 'u'])
      assert.match(
        none.err,
        /^error no password for u: give it with --password-file or the variable/,
      )
      const run = await world.run('dstat', 'queues', '--url', dead)
      assert.match(run.out, /^ORDERS +3/m)
      const alone = await runLine(['dstat', '--url', dead])
      assert.deepEqual(alone, {
        exitCode: 5,
        out: '',
        err: `error no broker answers at ${dead}\n`,
      })
    })
  })
})

describe('a login', () => {
  it('that is wrong, missing or too weak is told without the password', async () => {
    await withDailyWorld(async ({ url, broker }) => {
      broker.send(broker.connect(), 'queue://Q', 'x')
      await broker.settled()
      const of = (...words: string[]) => runLine(['purge', 'Q', '--url', url, ...words])
      const wrong = await of('--user', 'admin', '--password', 'Wrong-Secret')
      assert.deepEqual(wrong, {
        exitCode: 3,
        out: '',
        err: 'error The name or the password is wrong.\n',
      })
      const missing = await of()
      assert.equal(missing.exitCode, 3)
      assert.match(missing.err, /^error A login is needed\.\nerror say who you are: --user/)
      const weak = await of('--user', 'user', '--password', 'Open-Sesame')
      assert.deepEqual(
        [weak.exitCode, weak.err],
        [3, 'error This takes the role operator; yours is viewer.\n'],
      )
      const inUrl = await runLine(['list', '--url', 'http://admin:Wrong-Secret@127.0.0.1:1'])
      assert.equal(inUrl.exitCode, 2)
      assert.doesNotMatch(inUrl.err, /Wrong-Secret/)
    })
  })

  it('has its password from a file, or from an answer that is not shown', async () => {
    await withDailyWorld(async ({ url }) => {
      const folder = mkdtempSync(join(tmpdir(), 'quorate-login-'))
      writeFileSync(join(folder, 'password'), 'Open-Sesame\nand a second line\n')
      const words = ['list', '--url', url, '--user', 'admin']
      const file = await runLine([...words, '--password-file', join(folder, 'password')])
      assert.equal(file.exitCode, 0)
      const none = await runLine([...words, '--password-file', join(folder, 'none')])
      assert.match(none.err, /^error --password-file: ENOENT/)
      const hidden: boolean[] = []
      const asked = await runLine(words, {
        ask: (_question, how) => {
          hidden.push(how?.isHidden === true)
          return Promise.resolve('Open-Sesame')
        },
      })
      assert.equal(asked.exitCode, 0)
      assert.deepEqual(hidden, [true])
      rmSync(folder, { recursive: true })
    })
  })
})

describe("ActiveMQ's flags that mean nothing here", () => {
  it('are answered with what to use instead, and the others with the nearest one', async () => {
    const of = async (...words: string[]): Promise<string> => {
      const { exitCode, err } = await runLine(words)
      assert.equal(exitCode, 2, err)
      return err
    }
    const url = 'there is no JMX here: --url names the HTTP API of a broker'
    assert.equal(await of('dstat', '--jmxurl', 'service:jmx:x'), `error --jmxurl: ${url}\n`)
    assert.equal(await of('list', '--jmxlocal'), `error --jmxlocal: ${url}\n`)
    const password = await of('bstat', '--jmxpassword', 'Wrong-Secret')
    assert.doesNotMatch(password, /Wrong-Secret/)
    const selector = 'messages cannot be chosen by selectors yet'
    assert.equal(await of('browse', '--msgsel', 'a=1', 'Q'), `error --msgsel: ${selector}\n`)
    const amqurl =
      'messages are looked at through the HTTP API: --url names the HTTP API of a broker'
    assert.equal(await of('browse', '--amqurl', 'tcp://x:1', 'Q'), `error --amqurl: ${amqurl}\n`)
    const reset = 'counters cannot be set back: they begin at 0 with each leadership'
    assert.equal(await of('purge', '--reset', 'Q'), `error --reset: ${reset}\n`)
    assert.match(
      await of('browse', '--veiw', 'a', 'Q'),
      /unknown option '--veiw'\n\(Did you mean --view/,
    )
    assert.match(await of('dstat', 'queue'), /Allowed choices are queues, topics/)
    assert.match(await of('browse', '-Vtail', 'Q'), /Allowed choices are header, custom, body/)
  })
})

describe('the cluster command', () => {
  it('shows members with their seats and what each says', async () => {
    await withDailyWorld(async ({ run, url }) => {
      const { exitCode, out } = await run('cluster', 'members')
      assert.equal(exitCode, 0)
      assert.match(out, /leader node01 · epoch \d+ · quorum \d of \d/)
      assert.match(out, /^node01 +\w+ +leader +\d/m)
      const status = await runLine(['cluster', 'status', '--url', url])
      assert.equal(status.exitCode, 0)
      assert.match(status.out, /^NODE +ROLE +EPOCH/m)
    })
  })

  it('tells of elections, and of nodes that do not', async () => {
    const elections = [
      {
        epoch: 4,
        leader: 'node01',
        cause: 'first',
        noticedAt: '2026-11-23T10:00:00.000Z',
        servingAt: '2026-11-23T10:00:01.000Z',
        durationMs: 1000,
      },
      {
        epoch: 5,
        leader: null,
        cause: 'silence',
        noticedAt: '2026-11-23T11:00:00.000Z',
        servingAt: null,
        durationMs: null,
      },
    ]
    const server = createServer((_request, response) => {
      response.end(JSON.stringify({ elections }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const told = await runLine(['cluster', 'elections', '--url', `http://127.0.0.1:${port}`])
    server.close()
    assert.equal(told.exitCode, 0)
    const [, first = '', second = ''] = told.out.split('\n')
    assert.match(first, /^ +4 +node01 +first +2026-11-23T10:00:00.000Z +2026-\S+ +1000 ms$/)
    assert.match(second, /^ +5 +- +silence +2026-11-23T11:00:00.000Z +- +-$/)
  })

  it('says so when a node is of a version without elections', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(404)
      response.end(JSON.stringify({ code: 'NOT_FOUND', detail: 'There is no GET of this path.' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const told = await runLine(['cluster', 'elections', '--url', `http://127.0.0.1:${port}`])
    server.close()
    assert.deepEqual(told, {
      exitCode: 1,
      out: '',
      err: 'error this broker does not tell of elections yet\n',
    })
  })
})

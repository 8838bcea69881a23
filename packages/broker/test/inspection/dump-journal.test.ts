import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DumpRequest } from '../../src/inspection/dump-journal.ts'
import { dumpJournal } from '../../src/inspection/dump-journal.ts'
import { Findings } from '../../src/inspection/findings.ts'
import { message, queue } from '../store/leveldb/index-fixture.ts'
import { InspectedLog } from './inspected-log.ts'

interface Dumped {
  readonly lines: string[]
  readonly findings: Findings
}

async function dump(log: InspectedLog, options: Partial<DumpRequest> = {}): Promise<Dumped> {
  const findings = new Findings()
  const lines: string[] = []
  const request: DumpRequest = {
    data: await log.open(),
    findings,
    isRunning: false,
    powerLost: false,
    from: 1,
    to: Infinity,
    limit: Infinity,
    bodies: false,
    names: false,
    ...options,
  }
  await dumpJournal(request, ({ index, epoch, position, bytes, type, words }) => {
    lines.push(`${index} ${epoch} @${position}+${bytes} ${type}: ${words}`)
  })
  return { lines, findings }
}

async function sample(): Promise<InspectedLog> {
  const log = new InspectedLog(65_536)
  const topic = { kind: 'topic', name: 'NEWS' } as const
  await log.write([
    'epoch',
    'configuration',
    queue(1, 'ORDERS'),
    { kind: 'destination-added', id: 2, destination: topic },
    {
      kind: 'subscription-added',
      id: 3,
      topic: 2,
      clientId: 'desk',
      name: 'all',
      selector: "kind = 'a'",
      noLocal: true,
    },
    { kind: 'producer', id: 1, name: 'ID:host-1:1' },
    message(1, { priority: 9, producer: 1, producerSequence: 7, body: Buffer.from('hi\u001b[2J') }),
    message(3, { expirationMs: 1_700_000_000_000, redeliveries: 2 }),
    { kind: 'redelivered', list: 1, sequences: [1] },
    {
      kind: 'transaction',
      id: 'TX:1',
      ops: [
        { kind: 'acknowledge', list: 1, sequences: [1] },
        { kind: 'acknowledge', list: 3, sequences: [2, 5, 9] },
        message(1, { body: Buffer.alloc(100, 'x') }),
      ],
    },
    { kind: 'subscription-removed', id: 3 },
    { kind: 'destination-removed', id: 2 },
    { type: 9, payload: Buffer.from('?') },
    { type: 17, payload: Buffer.from('?') },
  ])
  return log
}

const golden = [
  '1 1 @0+87 epoch-start: epoch 1 begins: node01 leads, configuration 1: node01, vacant, vacant',
  '2 1 @87+70 configuration: configuration 1: node01, vacant, vacant',
  '3 1 @157+54 destination-added: add queue://ORDERS as number 1',
  '4 1 @211+52 destination-added: add topic://NEWS as number 2',
  '5 1 @263+73 subscription-added: add durable desk:all of topic://NEWS as number 3, selector ' +
    '"kind = \'a\'", no local',
  '6 1 @336+62 producer: introduce producer 1 "ID:host-1:1"',
  '7 1 @398+86 message: store 6 bytes to queue://ORDERS, priority 9, from ID:host-1:1 #7',
  '8 1 @484+84 message: store 4 bytes to durable desk:all of topic://NEWS, ' +
    'expires 2023-11-14T22:13:20.000Z, 2 failed deliveries',
  '9 1 @568+50 redelivered: count a failed delivery of message 1 of queue://ORDERS',
  '10 1 @618+228 transaction: transaction "TX:1": acknowledge message 1 of queue://ORDERS; ' +
    'acknowledge 3 messages (2 to 9) of durable desk:all of topic://NEWS; ' +
    'store 100 bytes to queue://ORDERS',
  '11 1 @846+45 subscription-removed: remove durable desk:all of topic://NEWS',
  '12 1 @891+45 destination-removed: remove topic://NEWS',
  '13 1 @936+41 type 9: a record of no known type',
  '14 1 @977+41 acknowledge: it cannot be understood: A log record holds an acknowledgement ' +
    'without list.',
]

describe('journal dump', () => {
  it('says what each record does, in words', async () => {
    assert.deepEqual((await dump(await sample())).lines, golden)
  })

  it('shows the beginnings of bodies only when asked, and nothing that steers a terminal', async () => {
    const { lines } = await dump(await sample(), { bodies: true })
    assert.match(lines[6] ?? '', /#7: "hi\.\[2J"$/)
    assert.match(lines[9] ?? '', new RegExp(`: "${'x'.repeat(80)}"\\.\\.\\.$`))
  })

  it('keeps to its range and to its limit', async () => {
    const log = await sample()
    assert.deepEqual((await dump(log, { to: 3 })).lines, golden.slice(0, 3))
    assert.deepEqual((await dump(log, { limit: 2 })).lines, golden.slice(0, 2))
    assert.deepEqual((await dump(log, { limit: 0 })).lines, [])
    assert.deepEqual((await dump(log, { from: 3, to: 2 })).lines, [])
    assert.deepEqual((await dump(log, { from: 9, limit: 1 })).lines, golden.slice(8, 9))
    assert.deepEqual((await dump(log, { from: 99 })).lines, [])
  })

  it('reads from the segment of the first record, and names from the beginning if asked', async () => {
    const log = new InspectedLog()
    await log.fill()
    const read: string[] = []
    log.fileSystem.fault = ({ kind, path, length }) => {
      if (kind === 'read' && path.endsWith('.log')) read.push(`${path} ${length}`)
      return null
    }
    assert.match((await dump(log, { from: 20, to: 20 })).lines[0] ?? '', /to list 1$/)
    assert.equal(read.filter((path) => path.includes('0000000000000000.log')).length, 0)
    const named = await dump(log, { from: 20, to: 20, names: true })
    assert.match(named.lines[0] ?? '', /to queue:\/\/ORDERS$/)
  })

  it('goes on behind damage, and tells it', async () => {
    const log = new InspectedLog()
    await log.fill()
    const [first = '', second = ''] = log.segments()
    log.fileSystem.flip(log.pathOf(first), 50, 1)
    log.fileSystem.flip(log.pathOf(second), 0, 1)
    const { lines, findings } = await dump(log)
    assert.match(lines[0] ?? '', /the payload is damaged/)
    assert.match(lines.at(-1) ?? '', /^22 /)
    assert.deepEqual(
      findings.kept.map(({ kind }) => kind),
      ['damaged-payload', 'damaged-header'],
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { CoordinatorEvent } from '../../src/coordination/coordinator.ts'
import { MemoryCoordination } from '../../src/coordination/memory-coordination.ts'
import { MemoryCoordinator } from '../../src/coordination/memory-coordinator.ts'
import { sampleHint, sampleMember } from './sample-member.ts'

const sessionTimeoutMs = 1_000

function stage() {
  const clock = new ManualClock()
  const service = new MemoryCoordination({ clock, delayMs: 10, sessionTimeoutMs })
  const join = (nodeId: string, storeUuid = `store-of-${nodeId}`) => {
    const coordinator = new MemoryCoordinator({ service, operationTimeoutMs: 500 })
    const events: CoordinatorEvent[] = []
    coordinator.start(sampleMember(nodeId, { storeUuid }), (event) => events.push(event))
    const states = () => events.flatMap((event) => (event.type === 'session' ? event.state : []))
    return { coordinator, events, states }
  }
  const ids = () => service.members.map(({ nodeId }) => nodeId).join(' ')
  return { clock, service, join, ids }
}

describe('memory coordinator', () => {
  it('does everything through the clock', () => {
    const { clock, join, ids } = stage()
    const { events } = join('a')
    assert.deepEqual([events, ids()], [[], ''])
    clock.advance(10)
    assert.equal(ids(), 'a')
    assert.equal(events.length, 3)
  })
  it('finds its own epoch again when the answer was lost, and takes no second one (W20)', async () => {
    const { clock, service, join } = stage()
    const { coordinator } = join('a')
    clock.advance(10)
    coordinator.loseNextReply()
    const granted = coordinator.allocateEpoch(0)
    clock.advance(100)
    assert.equal((await granted).epoch, 1)
    assert.equal(service.epoch, 1)
  })
  it('takes a further epoch when another node came between', async () => {
    const { clock, service, join } = stage()
    const [a, b] = [join('a'), join('b')]
    clock.advance(10)
    a.coordinator.loseNextReply()
    const first = a.coordinator.allocateEpoch(0)
    const second = b.coordinator.allocateEpoch(0)
    clock.advance(100)
    const epochs = [(await first).epoch, (await second).epoch]
    assert.equal(new Set(epochs).size, 2)
    assert.equal(service.epoch, Math.max(...epochs))
  })
  it('keeps what a killed process announced until its session times out', () => {
    const { clock, join, ids } = stage()
    const { coordinator, events } = join('a')
    const witness = join('b')
    clock.advance(10)
    coordinator.claimLeader(sampleHint(1, 'a'))
    clock.advance(10)
    coordinator.crash()
    clock.advance(sessionTimeoutMs - 20)
    assert.equal(ids(), 'a b')
    clock.advance(100)
    assert.equal(ids(), 'b')
    assert.deepEqual(witness.events.at(-1), { type: 'leader', leader: null })
    const count = events.length
    clock.advance(10_000)
    assert.equal(events.length, count, 'the dead hear nothing')
  })
  it('expires no session while the service is down, and serves nobody', async () => {
    const { clock, service, join, ids } = stage()
    const { coordinator, states } = join('a')
    clock.advance(10)
    service.goDown()
    const refused = coordinator.allocateEpoch(0)
    clock.advance(10_000)
    await assert.rejects(refused, { code: 'COORDINATION_LOST' })
    service.comeUp()
    clock.advance(100)
    assert.equal(ids(), 'a')
    assert.deepEqual(states(), ['connected', 'disconnected', 'connected'])
  })
  it('begins anew after the service lost everything (W10)', async () => {
    const { clock, service, join, ids } = stage()
    const { coordinator, states } = join('a')
    clock.advance(10)
    coordinator.claimLeader(sampleHint(90, 'a'))
    coordinator.publishConfig('{}')
    clock.advance(10)
    service.wipe()
    clock.advance(100)
    assert.deepEqual(states(), ['connected', 'expired', 'connected'])
    assert.deepEqual([ids(), service.leader?.epoch, service.config], ['a', 90, '{}'])
    const granted = coordinator.allocateEpoch(90)
    clock.advance(100)
    assert.equal((await granted).epoch, 91)
    service.rollBackEpoch(5)
    const next = coordinator.allocateEpoch(91)
    clock.advance(100)
    assert.equal((await next).epoch, 92)
  })
  it('reads the first configuration of a wiped service as missing', async () => {
    const { clock, service, join } = stage()
    const { coordinator } = join('a')
    const bootstrap = { clusterId: 'c', seats: [null] }
    const created = coordinator.createBootstrap(bootstrap)
    clock.advance(100)
    assert.deepEqual(await created, bootstrap)
    service.wipe()
    const read = coordinator.readBootstrap()
    clock.advance(100)
    assert.equal(await read, null)
  })
  it('has a limit of operations that wait', async () => {
    const { clock, service, join } = stage()
    const { coordinator } = join('a')
    service.goDown()
    const outcomes = Array.from({ length: 300 }, () => coordinator.readBootstrap())
    const settled = Promise.allSettled(outcomes)
    clock.advance(1_000)
    const codes = (await settled).map((outcome) => {
      assert.equal(outcome.status, 'rejected')
      return (outcome.reason as BrokerError).code
    })
    assert.equal(codes.filter((code) => code === 'RESOURCE_LIMIT').length, 44)
  })
  it('stops in the middle of what it hears, without announcing itself again', async () => {
    const { clock, service, ids } = stage()
    const coordinator = new MemoryCoordinator({ service })
    coordinator.start(sampleMember('a'), () => void coordinator.stop())
    clock.advance(100)
    await coordinator.stop()
    assert.equal(ids(), '')
  })
  it('takes its node id for granted', () => {
    const { join } = stage()
    const { coordinator } = join('a')
    assert.throws(() => coordinator.update(sampleMember('b')), /keeps its node id/)
    assert.throws(() => coordinator.start(sampleMember('a'), () => {}), /started once/)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FrameOf } from '../../../src/replication/frames.ts'
import { SPACE_HANDOVER_MS } from '../../../src/replication/replica/leadership.ts'
import { SoloReplica } from '../world/solo-replica.ts'

/** Leads b and c, and lets time pass while they answer. */
class Led {
  readonly solo = new SoloReplica().up('b').up('c')
  readonly epoch = this.solo.win()
  readonly #sessions = new Map(this.solo.sent('sessionStart').map((f) => [f.to, f.session]))

  ack(from: string, change: Partial<FrameOf<'ack'>> = {}): void {
    const { index } = this.solo.log.tail
    const sentUs = this.solo.nowMs * 1000
    const told = { written: index, synced: index, suspect: false, sentUs, short: false }
    const of = { epoch: this.epoch, session: this.#sessions.get(from) ?? 0 }
    this.solo.hear(from, { type: 'ack', ...of, ...told, ...change })
  }

  join(from: string): void {
    const of = { epoch: this.epoch, session: this.#sessions.get(from) ?? 0 }
    const { chain, position } = this.solo.log.tail
    const point = { index: 1, epoch: this.epoch, chain, position }
    this.solo.hear(from, { type: 'tail', ...of, point })
    this.ack(from)
  }

  pass(ms: number, short: Readonly<Record<string, boolean>> = {}): void {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const from of ['b', 'c']) this.ack(from, { short: short[from] === true })
      this.solo.wait(100)
    }
  }

  get needsShortFollowers(): boolean {
    return this.solo.replica.leadership?.needsShortFollowers === true
  }
}

function leading(): Led {
  const led = new Led()
  led.join('b')
  led.join('c')
  led.pass(100)
  assert.equal(led.solo.replica.leadership?.isServing, true)
  led.solo.forget()
  return led
}

describe('a leader and the space of disks (R37)', () => {
  it('hears of followers without space, and of their having some again', () => {
    const led = leading()
    led.pass(200, { b: true })
    assert.equal(led.needsShortFollowers, false)
    led.pass(200, { b: true, c: true })
    assert.equal(led.needsShortFollowers, true)
    led.pass(200, { c: true })
    assert.equal(led.needsShortFollowers, false)
  })

  it('forgets what a follower said with its session', () => {
    const led = leading()
    led.pass(200, { b: true, c: true })
    led.solo.step({ type: 'linkDown', peer: 'b', refused: false })
    led.solo.step({ type: 'linkDown', peer: 'c', refused: false })
    led.solo.wait(100)
    assert.equal(led.needsShortFollowers, false)
  })

  it('without space hands over to a follower that has some, after a while', () => {
    const led = leading()
    led.solo.log.isShortOfSpace = true
    led.pass(SPACE_HANDOVER_MS - 100)
    assert.equal(led.solo.replica.role, 'leader')
    led.pass(300)
    assert.equal(led.solo.replica.leadership, null)
    assert.deepEqual(
      led.solo.sent('abdicate').map(({ target }) => target === 'b' || target === 'c'),
      [true, true],
    )
    assert.match(led.solo.wanted('stepDown')[0]?.reason ?? '', /no space/)
  })

  it('stays where the others could not do without a disk that is full', () => {
    for (const short of [{ b: true }, { c: true }, { b: true, c: true }]) {
      const led = leading()
      led.solo.log.isShortOfSpace = true
      led.pass(2 * SPACE_HANDOVER_MS, short)
      assert.equal(led.solo.replica.role, 'leader', JSON.stringify(short))
    }
  })

  it('stays when its space comes back in time', () => {
    const led = leading()
    led.solo.log.isShortOfSpace = true
    led.pass(SPACE_HANDOVER_MS - 200)
    led.solo.log.isShortOfSpace = false
    led.pass(100)
    led.solo.log.isShortOfSpace = true
    led.pass(SPACE_HANDOVER_MS - 200)
    assert.equal(led.solo.replica.role, 'leader')
  })

  it('does not leave while nobody has all of its log', () => {
    const led = leading()
    led.solo.log.isShortOfSpace = true
    const batch = led.solo.log.make(led.epoch, 7, Buffer.from('x'))
    led.solo.log.append(batch)
    led.solo.step({ type: 'appended', batch, configs: [] }).advance()
    for (let passed = 0; passed < 2 * SPACE_HANDOVER_MS; passed += 100) {
      for (const from of ['b', 'c']) led.ack(from, { written: 1, synced: 1 })
      led.solo.wait(100)
    }
    assert.equal(led.solo.replica.role, 'leader')
  })
})

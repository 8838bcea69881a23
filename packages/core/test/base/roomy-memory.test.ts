import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allocateRoomy, wrapInPlace } from '../../src/base/roomy-memory.ts'

const head = Buffer.from('head ')
const tail = Buffer.from(' tail')
const nothing = Buffer.alloc(0)

describe('roomy memory', () => {
  it('takes a head and a tail around a part of it, and then around all that', () => {
    const frame = allocateRoomy(100).fill('.')
    const content = frame.subarray(40, 60).fill('c')
    const whole = wrapInPlace(head, content, tail)
    assert.equal(whole?.toString(), `head ${'c'.repeat(20)} tail`)
    assert.equal(whole.buffer, frame.buffer)
    const more = wrapInPlace(Buffer.from('more '), whole, nothing)
    assert.equal(more?.toString(), `more head ${'c'.repeat(20)} tail`)
    assert.equal(whole.toString(), `head ${'c'.repeat(20)} tail`)
  })

  it('has room for what is larger than what was around the content', () => {
    const frame = allocateRoomy(10).fill('c')
    assert.equal(wrapInPlace(head, frame, tail)?.toString(), `head ${'c'.repeat(10)} tail`)
  })

  it('is not wrapped twice around the same, nor around another part', () => {
    const frame = allocateRoomy(100).fill('.')
    const content = frame.subarray(40, 60)
    assert.notEqual(wrapInPlace(head, content, tail), null)
    assert.equal(wrapInPlace(head, content, tail), null)
    assert.equal(wrapInPlace(head, frame.subarray(70, 80), tail), null)
  })

  it('refuses what does not fit into the room, and other memory', () => {
    const frame = allocateRoomy(100)
    assert.equal(wrapInPlace(Buffer.alloc(17 * 1024), frame, nothing), null)
    assert.equal(wrapInPlace(nothing, frame, Buffer.alloc(17 * 1024)), null)
    assert.equal(wrapInPlace(head, Buffer.alloc(100), tail), null)
    assert.notEqual(wrapInPlace(head, frame, tail), null)
  })
})

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { ask, Problem } from '../../src/api/ask.ts'

describe('what the API answers', () => {
  const { fetch } = globalThis
  after(() => {
    globalThis.fetch = fetch
  })

  const answering = (answer: () => Response): void => {
    globalThis.fetch = () => Promise.resolve(answer())
  }

  /** Its headers come, and the beginning of its content. */
  const brokenOff = (error: Error): Response => {
    let isBegun = false
    const body = new ReadableStream({
      pull(controller) {
        if (isBegun) controller.error(error)
        else controller.enqueue(new TextEncoder().encode('{"items":'))
        isBegun = true
      },
    })
    return new Response(body)
  }

  it('is what it says, or nothing where it says nothing', async () => {
    answering(() => new Response('{"count":2}'))
    assert.deepEqual(await ask('/x'), { count: 2 })
    answering(() => new Response(null, { status: 204 }))
    assert.equal(await ask('/x'), null)
  })

  it('is a problem where it is refused, or is no answer of the API', async () => {
    const isProblem = (status: number, code: string) => (error: unknown) =>
      error instanceof Problem && error.status === status && error.code === code
    answering(() => new Response('{"code":"NOT_LEADER","detail":"Ask b."}', { status: 421 }))
    await assert.rejects(ask('/x'), isProblem(421, 'NOT_LEADER'))
    for (const text of ['<p>A proxy.</p>', '"a text"', 'null']) {
      answering(() => new Response(text))
      await assert.rejects(ask('/x'), isProblem(200, 'UNKNOWN'), text)
    }
  })

  it('is nobody where the node dies within it, and given up where we gave it up', async () => {
    answering(() => brokenOff(new TypeError('network error')))
    await assert.rejects(ask('/x'), (error) => error instanceof Problem && error.status === 0)
    const giveUp = new AbortController()
    answering(() => {
      giveUp.abort()
      return brokenOff(new DOMException('given up', 'AbortError'))
    })
    await assert.rejects(ask('/x', { signal: giveUp.signal }), { name: 'AbortError' })
  })
})

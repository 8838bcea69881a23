import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { isLessSecret } from '../../../src/cli/api/api-client.ts'
import { literalPart } from '../../../src/cli/api/destinations.ts'
import { runLine } from './daily-world.ts'
import type { Ran } from './daily-world.ts'

interface Strange {
  readonly run: (...words: string[]) => Promise<Ran>
  /** Paths that were asked for, with their queries. */
  readonly asked: string[]
}

/** A server that answers whatever is asked with what `answer` makes of it. */
async function withServer(
  answer: (url: URL, asked: number) => { readonly status?: number; readonly body: unknown },
  work: (strange: Strange) => Promise<void>,
): Promise<void> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const url = new URL(request.url ?? '', 'http://localhost')
    const { status = 200, body } = answer(url, asked.length)
    response.writeHead(status).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  try {
    await work({ asked, run: (...words) => runLine([...words, '--url', url]) })
  } finally {
    server.close()
  }
}

const queue = { kind: 'queue', name: 'Q', destination: 'queue://Q', pending: 3 }

describe('a server that answers strangely', () => {
  it('does not steer the terminal with an error', async () => {
    const detail = 'no\u001b]0;mine\u0007\u009b2J'
    await withServer(
      () => ({ status: 403, body: { code: 'NOT_AUTHORIZED', detail } }),
      async ({ run }) => {
        const { exitCode, err } = await run('dstat')
        assert.deepEqual([exitCode, err], [3, 'error no?]0;mine??2J\n'])
      },
    )
  })

  it('with pages without end is left', async () => {
    await withServer(
      (_url, asked) => {
        // So that this ends whatever happens.
        const next = asked > 20 ? null : 'again'
        return { body: { items: [queue], next } }
      },
      async ({ run, asked }) => {
        const { exitCode, err } = await run('dstat')
        assert.deepEqual([exitCode, asked.length], [1, 2])
        assert.equal(err, 'error this is no answer of a broker: pages without end\n')
      },
    )
  })

  it('and deletes nothing is not asked to delete for ever', async () => {
    await withServer(
      (url, asked) =>
        url.pathname.endsWith('/purge')
          ? { body: { count: 0, isMore: asked < 20 } }
          : { body: { items: [queue], next: null } },
      async ({ run, asked }) => {
        const { exitCode, out } = await run('purge', 'Q')
        assert.deepEqual(
          [exitCode, out, asked.length],
          [0, 'queue://Q: 0 messages deleted; there are more\n', 2],
        )
      },
    )
  })

  it('and counts in words is no broker', async () => {
    await withServer(
      () => ({ body: { count: 'many' } }),
      async ({ run }) => {
        const { exitCode, err } = await run('message', 'delete', 'Q', '1')
        const why = '"count" of it is no number'
        assert.deepEqual([exitCode, err], [1, `error this is no answer of a broker: ${why}\n`])
      },
    )
  })

  it('and names brokers nowhere is not believed', async () => {
    const items = ['nonsense', 'file:///etc/passwd'].map((consoleUrl, at) => ({
      ...{ nodeId: `node0${at}`, hasSeat: true, consoleUrl },
    }))
    await withServer(
      ({ pathname }) => ({
        body: pathname.endsWith('/brokers') ? { items } : { brokerName: 'b', seats: [] },
      }),
      async ({ run }) => {
        const { exitCode, out } = await run('cluster', 'members')
        assert.equal(exitCode, 0)
        assert.match(out, /^node00 +yes +not known +nonsense$/m)
        assert.match(out, /^node01 +yes +not known +file:/m)
      },
    )
  })

  it('says so where the cluster has no quorum', async () => {
    const cluster = { brokerName: 'b', seats: ['a', 'b', 'c'], quorum: 2 }
    for (const [counted, expected] of [
      [{ inStep: 1, mayFail: null }, /quorum 2 of 3 · only 1 in step: no quorum$/m],
      [{ inStep: 2, mayFail: 0 }, /quorum 2 of 3 · none may fail$/m],
      [{ inStep: null, mayFail: null }, /quorum 2 of 3$/m],
    ] as const) {
      await withServer(
        () => ({ body: { items: [], ...cluster, ...counted } }),
        async ({ run }) => assert.match((await run('cluster', 'members')).out, expected),
      )
    }
  })

  it('is not told a login without TLS that was given for TLS', () => {
    assert.equal(isLessSecret('https://a', 'http://b'), true)
    assert.equal(isLessSecret('https://a', 'https://b'), false)
    assert.equal(isLessSecret('http://a', 'http://b'), false)
  })
})

describe('what is asked for by name', () => {
  it('is what the name or pattern can mean', async () => {
    const parts = ['ORDERS', 'A.>', 'A.*.LONGER', '*', '>', 'A.B.*'].map(literalPart)
    assert.deepEqual(parts, ['ORDERS', 'A', '.LONGER', undefined, undefined, 'A.B'])
    await withServer(
      ({ searchParams, pathname }) => {
        if (pathname.endsWith('/purge')) return { body: { count: 3, isMore: false } }
        const filter = searchParams.get('filter') ?? ''
        return { body: { items: queue.name.includes(filter) ? [queue] : [], next: null } }
      },
      async ({ run, asked }) => {
        assert.equal((await run('purge', 'Q')).exitCode, 0)
        assert.match(asked[0] ?? '', /[?&]filter=Q(&|$)/)
        const { err } = await run('purge', 'QQ')
        assert.equal(err, 'error there is no destination QQ; did you mean "Q"?\n')
      },
    )
  })
})

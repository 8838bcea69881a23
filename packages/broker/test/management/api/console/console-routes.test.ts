import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sampleStatus } from '../../sample-status.ts'
import { listeningApi } from '../listening-api.ts'
import type { ManagementOptions } from '../../../../src/management/api/management-api.ts'

const built = {
  'index.html': '<!doctype html>',
  'index-a1B2_c3-.js': 'run()',
  'index-a1B2c3D4.css': 'body {}',
  'favicon.svg': '<svg/>',
  'index-a1B2c3D4.js.map': 'not shown',
}

async function withConsole(
  files: Readonly<Record<string, string>>,
  work: (url: string, directory: string) => Promise<void>,
  changes: Partial<ManagementOptions> = {},
): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'quorate-console-files-'))
  writeFileSync(join(parent, 'secret.js'), 'secret')
  const consoleDirectory = mkdtempSync(join(parent, 'console-'))
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(consoleDirectory, name), text)
  const api = await listeningApi(() => sampleStatus(), { consoleDirectory, ...changes })
  try {
    await work(api.url, consoleDirectory)
  } finally {
    await api.stop()
    rmSync(parent, { recursive: true, force: true })
  }
}

describe('the files of the console', () => {
  it('are reached from the root, and lead to the page', async () => {
    await withConsole(built, async (url) => {
      for (const path of ['/', '/console']) {
        const answer = await fetch(url + path, { redirect: 'manual' })
        assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/console/'])
      }
      const page = await fetch(`${url}/`)
      assert.equal(await page.text(), built['index.html'])
    })
  })

  it('have their type and policy; hashed names are kept for ever, the page is asked for', async () => {
    await withConsole(built, async (url) => {
      const heads = async (name: string) => {
        const { headers } = await fetch(`${url}/console/${name}`)
        return [headers.get('content-type'), headers.get('cache-control')]
      }
      const forEver = 'private, max-age=31536000, immutable'
      assert.deepEqual(await heads(''), ['text/html; charset=utf-8', 'no-cache'])
      const script = await heads('index-a1B2_c3-.js')
      assert.deepEqual(script, ['text/javascript; charset=utf-8', forEver])
      assert.deepEqual(await heads('index-a1B2c3D4.css'), ['text/css; charset=utf-8', forEver])
      assert.deepEqual(await heads('favicon.svg'), ['image/svg+xml', 'no-cache'])
      const { headers } = await fetch(`${url}/console/`)
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
      assert.doesNotMatch(policy, /unsafe/)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    })
  })

  it('are those that were built, and no path leads elsewhere', async () => {
    await withConsole(built, async (url) => {
      const tricks = ['..%2fsecret.js', '..%2f..%2fetc%2fpasswd', 'index-a1B2c3D4.js.map']
      for (const trick of [...tricks, 'a/b', '..%5csecret.js', '%00', 'constructor']) {
        const answer = await fetch(`${url}/console/${trick}`)
        assert.ok([404, 400].includes(answer.status), `${trick}: ${answer.status}`)
        assert.doesNotMatch(await answer.text(), /secret'|root:/)
      }
    })
  })

  it('say where they are missing that the console was not built, and come when it is', async () => {
    await withConsole({}, async (url, directory) => {
      const missing = await fetch(`${url}/console/`)
      assert.equal(missing.status, 404)
      assert.match(await missing.text(), /was not built into this broker/)
      writeFileSync(join(directory, 'index.html'), 'there')
      assert.equal(await (await fetch(`${url}/console/`)).text(), 'there')
    })
  })

  it('need the login that the API needs', async () => {
    const users = [{ name: 'user', password: 'shown', roles: [], where: 'a test' }]
    await withConsole(
      built,
      async (url) => {
        for (const name of ['', 'index-a1B2c3D4.css']) {
          const answer = await fetch(`${url}/console/${name}`)
          assert.equal(answer.status, 401)
          assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic/)
        }
        const authorization = `Basic ${Buffer.from('user:shown').toString('base64')}`
        const caller = await fetch(`${url}/api/v1/caller`, { headers: { authorization } })
        assert.deepEqual(await caller.json(), { name: 'user', role: 'viewer' })
      },
      { users },
    )
  })
})

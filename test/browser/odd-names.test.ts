import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withCluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { ConsoleBrowser } from './console-browser.ts'

const long = `long.${'x'.repeat(4000)}`
/** Of queues, as clients may call them. The last is half of a surrogate pair, as Java sends it. */
const names = [
  'a/b%2F#c?d=e&f',
  '<img src=x onerror=alert(1)>',
  'two\nlines',
  '中文 😀',
  long,
  'half \ud83d',
]
const NARROW = { width: 400, height: 800 }

describe('the console of a broker with odd names', () => {
  it('shows each of them as it is, and none breaks its page', async () => {
    await withCluster({ replicas: 1, deadlineMs: 90_000 }, async (cluster) => {
      const node = await cluster.leader()
      const client = new OpenWireClient([node.ports.client])
      await client.open()
      for (const name of names) await client.send(name, 'x')
      const browser = await ConsoleBrowser.open()
      try {
        const page = await browser.visit(node.ports.console, '#/queues')
        const links = page.locator('td.name a')
        await links.nth(names.length - 1).waitFor()
        const shown = (await links.allTextContents()).sort()
        assert.deepEqual(shown, names.toSorted())
        for (const name of names.slice(0, -1)) {
          await links.nth((await links.allTextContents()).indexOf(name)).click()
          await page.locator('[data-figure=pending] dd', { hasText: '1' }).waitFor()
          assert.equal(await page.locator('h1').textContent(), name)
          await page.locator('td.name a').click()
          await page.locator('pre', { hasText: 'x' }).waitFor()
          await page.setViewportSize(NARROW)
          const width = await page.evaluate(() => document.documentElement.scrollWidth)
          assert.ok(width <= NARROW.width, `${name.slice(0, 20)}: ${width} wide`)
          await page.setViewportSize({ width: 1440, height: 900 })
          await page.getByRole('link', { name: 'Queues' }).first().click()
          await links.nth(names.length - 1).waitFor()
        }
        assert.deepEqual(browser.faults, [])
      } finally {
        client.close()
        await browser.close()
      }
    })
  })
})

import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { ConsoleBrowser } from './console-browser.ts'

/**
 * Looks at the consoles of the tutorial's brokers, and says in a line each what they show:
 *
 *   look-command.ts NAME [queues]     `queues`: also the queues of the one that leads
 *
 * Keeps a picture of the leader's page as NAME.png in the folder of QUORATE_PICTURES, if there is
 * one.
 */
const PORTS = [8161, 8162, 8163]
const SEEN_WITHIN_MS = 15_000

const [name = 'tutorial', what = ''] = process.argv.slice(2)
// As the tutorial's jetty-realm.properties has it.
const visitor = { name: 'admin', password: 'admin' }
const browser = await ConsoleBrowser.open({ visitor })
try {
  for (const port of PORTS) process.stdout.write(`${port} ${await seenAt(port)}\n`)
} finally {
  await browser.close()
}

async function seenAt(port: number): Promise<string> {
  const page = await visit(port).catch((error: unknown) => {
    if (!String(error).includes('ERR_CONNECTION_REFUSED')) throw error
    return null
  })
  if (page === null) return 'has no console'
  const role = page.locator('[data-fact=node] .badge')
  await role.waitFor()
  if ((await role.textContent()) !== 'leader') {
    const note = await page.locator('[data-fact=follows] p').textContent()
    return note?.includes('leads.') === true ? 'follows, and says who leads' : 'knows no leader'
  }
  const rows = page.locator('tbody tr')
  if (what === 'queues') await rows.first().waitFor({ timeout: SEEN_WITHIN_MS })
  await keepPicture(port)
  if (what !== 'queues') return 'leads'
  const cells = await rows.evaluateAll((all) =>
    all.map((row) =>
      ['name', 'enqueued', 'dequeued', 'pending'].map(
        (key) => row.querySelector(`td.${key}`)?.textContent ?? '?',
      ),
    ),
  )
  const shown = cells.map(([queue, enqueued, dequeued, pending]) => {
    return `${queue}: enqueued ${enqueued}, dequeued ${dequeued}, pending ${pending}`
  })
  return `leads; ${shown.join('; ')}`
}

function visit(port: number): Promise<Page> {
  return browser.visit(port, what === 'queues' ? '#/queues' : '#/cluster')
}

async function keepPicture(port: number): Promise<void> {
  const folder = process.env.QUORATE_PICTURES
  if (folder === undefined) return
  const page = await visit(port)
  await page.locator('[data-fact=node] .badge').waitFor()
  await page.locator('tbody tr').first().waitFor()
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { withCluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ConsoleBrowser } from './console-browser.ts'

const QUEUES = 100_000
/** Sends that wait for their answer at a time. */
const AT_ONCE = 2_000
const ANSWER_MS_MAX = 1_000
/** How often the same is done: another process may have the processor once. */
const TURNS = 3

const nameOf = (at: number): string => `shop.${String(at).padStart(6, '0')}`

/** It has two messages, the others one. */
const FULLEST = nameOf(77_777)

/** A queue is there as soon as something is sent to it. */
async function makeQueues(port: number): Promise<number> {
  const client = new OpenWireClient([port])
  await client.open()
  const beganMs = performance.now()
  for (let first = 0; first < QUEUES; first += AT_ONCE) {
    const names = Array.from({ length: AT_ONCE }, (_, at) => nameOf(first + at))
    await Promise.all(names.map((name) => client.send(name, 'x')))
  }
  await client.send(FULLEST, 'y')
  client.close()
  return performance.now() - beganMs
}

/** How long it takes from an action until this queue is the first of the page. */
async function shownAfter(page: Page, first: string, act: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now()
  await act()
  const name = page.locator('td.name a').first()
  try {
    await waitUntil(async () => (await name.textContent({ timeout: 5_000 })) === first, {
      what: `${first} at the top`,
      timeoutMs: 20_000,
      pollMs: 10,
    })
  } catch (error) {
    throw new Error(`${first} is not at the top; there is ${await shownBy(page)}`, { cause: error })
  }
  return performance.now() - beganMs
}

/** What a list shows, for people: its first row, its pager, how it is sorted, and its problem. */
function shownBy(page: Page): Promise<string> {
  return page.evaluate(() => {
    const text = (selector: string) => document.querySelector(selector)?.textContent ?? 'nothing'
    const sorted = document.querySelector('th:not([aria-sort=none])[aria-sort]')
    const order = `${sorted?.textContent ?? ''} ${sorted?.getAttribute('aria-sort') ?? 'unsorted'}`
    const filter = document.querySelector<HTMLInputElement>('[data-filter]')?.value ?? ''
    const problem = text('.note.wrong span')
    return [text('td.name a'), text('.pager span'), order, `filter "${filter}"`, problem].join(', ')
  })
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity
}

describe('the console of a broker with 100,000 queues', () => {
  it('answers each page within a second, and scrolls', async (t) => {
    await withCluster({ replicas: 1, logSize: '64mb', deadlineMs: 150_000 }, async (cluster) => {
      const node = await cluster.leader()
      const madeMs = await makeQueues(node.ports.client)
      t.diagnostic(`${QUEUES} queues made in ${(madeMs / 1000).toFixed(1)} s`)
      const browser = await ConsoleBrowser.open()
      try {
        const page = await browser.visit(node.ports.console)
        await page.getByText('quorate-test').waitFor()
        const link = (name: string) => page.getByRole('link', { name }).click()
        const first = await shownAfter(page, nameOf(0), () => link('Queues'))
        await page.getByText('1 to 100 of 100,000').waitFor()
        const last = page.getByRole('link', { name: nameOf(99) })
        await last.scrollIntoViewIfNeeded()
        const scrolled = await page.locator('.table-box').evaluate((box) => box.scrollTop)
        assert.ok(scrolled > 0, 'the rows scroll under their headers')
        assert.ok(await page.getByRole('button', { name: 'Name' }).isVisible(), 'headers stay')
        const measured: Record<string, number[]> = { first: [first] }
        for (let turn = 1; turn <= TURNS; turn++) {
          const next = await shownAfter(page, nameOf(100 * turn), () => page.keyboard.press('n'))
          ;(measured.next ??= []).push(next)
        }
        await page.getByText('301 to 400 of 100,000').waitFor()
        for (let turn = 1; turn <= TURNS; turn++) {
          const wanted = String(11_111 * turn)
          const filter = page.getByRole('searchbox')
          const found = await shownAfter(page, nameOf(Number(wanted)), () => filter.fill(wanted))
          ;(measured.filter ??= []).push(found)
        }
        await page.getByText('1 to 1 of 1').waitFor()
        await page.getByRole('searchbox').fill('')
        await page.getByText('1 to 100 of 100,000').waitFor()
        const sortBy = (name: string) => page.getByRole('button', { name }).click()
        for (let turn = 1; turn <= TURNS; turn++) {
          const down = await shownAfter(page, nameOf(QUEUES - 1), () => sortBy('Name'))
          ;(measured.descending ??= []).push(down)
          await shownAfter(page, nameOf(0), () => sortBy('Name'))
          const most = await shownAfter(page, FULLEST, () => sortBy('Pending'))
          ;(measured.pending ??= []).push(most)
          await shownAfter(page, nameOf(0), () => sortBy('Name'))
        }
        for (const [what, times] of Object.entries(measured)) {
          const words = `${what}: ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`
          t.diagnostic(words)
          assert.ok(medianOf(times) < ANSWER_MS_MAX, words)
        }
        assert.deepEqual(browser.faults, [])
      } finally {
        await browser.close()
      }
    })
  })
})

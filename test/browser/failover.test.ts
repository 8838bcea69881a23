import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { BrokerNode } from '../support/broker-node.ts'
import { withCluster } from '../support/cluster.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ConsoleBrowser } from './console-browser.ts'

const FAILOVER_WITHIN_MS = 30_000

type Named = Pick<BrokerNode, 'name'>

/** What stands behind this label on the card of a node. */
function factOf(page: Page | undefined, { name }: Named, label: string): Locator {
  assert.ok(page !== undefined, 'there is a page')
  const exactly = new RegExp(`^${label}$`)
  const title = page.locator(`[data-node=${name}] dt`).filter({ hasText: exactly })
  return title.locator('xpath=following-sibling::dd[1]')
}

async function figureOf(page: Page | undefined, node: Named, label: string): Promise<string> {
  return (await factOf(page, node, label).textContent()) ?? ''
}

/** ZooKeeper says that these are there, and that this one of them is elected. */
async function announces(page: Page, nodes: readonly Named[], elected: Named): Promise<void> {
  const rows = page.getByRole('region', { name: 'What ZooKeeper says' }).locator('tbody tr')
  const names = nodes.map(({ name }) => name).sort()
  const expected = names.map((name) => `${name}${name === elected.name ? '!' : ''}`).join()
  const shown = async () => {
    const cells = await rows.locator('td.name').allTextContents()
    return cells.map((text) => text.replace(/ +elected, epoch \d+$/, '!').trim()).join()
  }
  await waitUntil(async () => (await shown()) === expected, {
    what: `ZooKeeper to say ${expected}`,
    timeoutMs: FAILOVER_WITHIN_MS,
  })
  const positions = await rows.locator('td.position').allTextContents()
  for (const position of positions) assert.match(position, /^[\d,]+$/)
}

describe('the console while the leader is killed', () => {
  it('names the new leader on every page that is open, and what is left of the quorum', async () => {
    await withCluster({ deadlineMs: 90_000 }, async (cluster) => {
      const old = await cluster.leader()
      const followers = await cluster.followers()
      const browser = await ConsoleBrowser.open()
      try {
        const pages = await Promise.all(
          followers.map((node) => browser.visit(node.ports.console, '#/cluster')),
        )
        for (const page of pages) {
          const fact = (name: string) => page.locator(`[data-fact=${name}]`)
          await fact('leader').getByText(old.name).waitFor()
          await fact('margin').getByText('1 more may fail').waitFor()
          await fact('follows').getByText(`${old.name} leads.`).waitFor()
          const link = fact('follows').getByRole('link')
          const expected = `http://127.0.0.1:${old.ports.console}/console/#/cluster`
          assert.equal(await link.getAttribute('href'), expected)
          for (const { name } of cluster.nodes) {
            const role = name === old.name ? 'leader' : 'follower'
            await page.locator(`[data-node=${name}]`).getByText(role, { exact: true }).waitFor()
          }
          await announces(page, cluster.nodes, old)
          for (const name of ['Queues', 'Subscribers', 'Connections']) {
            await page.getByRole('link', { name, exact: true }).click()
            await page.getByRole('heading', { name, level: 1 }).waitFor()
            await link.waitFor()
            assert.equal(await page.getByRole('alert').count(), 0, 'only that it does not lead')
            const there = expected.replace('cluster', name.toLowerCase())
            assert.equal(await link.getAttribute('href'), there)
          }
          await page.getByRole('link', { name: 'Cluster', exact: true }).click()
        }
        const before = Number(await figureOf(pages[0], old, 'Epoch'))
        for (const { name } of followers) {
          assert.equal(await figureOf(pages[0], { name }, 'Epoch'), String(before))
          assert.match(await figureOf(pages[0], { name }, 'Log position'), /^[\d,]+$/)
          assert.match(await figureOf(pages[0], { name }, 'ZooKeeper'), /^session connected$/)
          await factOf(pages[0], { name }, 'Behind').getByText('0 B').waitFor()
          await factOf(pages[0], { name }, 'Behind by time').getByText('in step').waitFor()
        }

        await old.kill9()
        const port = old.ports.console
        await assert.rejects(fetch(`http://127.0.0.1:${port}/console/`), 'its console is gone')

        const heir = await cluster.leader(FAILOVER_WITHIN_MS)
        assert.notEqual(heir.name, old.name)
        for (const [at, page] of pages.entries()) {
          const fact = (name: string) => page.locator(`[data-fact=${name}]`)
          await fact('leader').getByText(heir.name).waitFor({ timeout: FAILOVER_WITHIN_MS })
          await fact('margin').getByText('none may fail any more').waitFor()
          await page.locator(`[data-node=${old.name}]`).getByText('no answer').waitFor()
          const elections = page.getByRole('region', { name: 'Elections' })
          const won = elections.locator('tbody tr', { hasText: heir.name }).first()
          await won.getByText("the leader's process had ended").waitFor()
          assert.ok(Number(await won.locator('td').first().textContent()) > before, 'a later epoch')
          assert.match((await won.locator('td.duration').textContent()) ?? '', /^[\d.]+ (ms|s)$/)
          await factOf(page, heir, 'Epoch').getByText(String(before), { exact: true }).waitFor({
            state: 'detached',
          })
          await factOf(page, old, 'Behind').getByText('unknown').waitFor()
          await announces(page, followers, heir)
          const isHeir = followers[at] === heir
          const note = fact('follows')
          await (isHeir
            ? note.waitFor({ state: 'detached' })
            : note.getByText(`${heir.name} leads.`).waitFor())
        }

        old.start()
        await cluster.waitUntilWhole()
        for (const page of pages) {
          await page.locator('[data-fact=margin]').getByText('1 more may fail').waitFor()
        }
        assert.deepEqual(browser.faults, [])
      } finally {
        await browser.close()
      }
    })
  })

  it('says that its node is gone, and is there again when the node is', async () => {
    await withCluster({ replicas: 1, deadlineMs: 60_000 }, async (cluster) => {
      const [node] = cluster.nodes
      assert.ok(node !== undefined, 'there is a node')
      const browser = await ConsoleBrowser.open()
      try {
        const page = await browser.visit(node.ports.console)
        const state = page.locator('.head .live')
        await state.getByText('live', { exact: true }).waitFor()
        await node.kill9()
        await state.getByText('connection lost, trying again').waitFor()
        node.start()
        await cluster.waitUntilWhole()
        await waitUntil(async () => (await state.textContent()) === 'live', {
          what: 'the stream to be open again',
          timeoutMs: FAILOVER_WITHIN_MS,
        })
      } finally {
        await browser.close()
      }
    })
  })
})

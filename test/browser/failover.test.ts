import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withCluster } from '../support/cluster.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ConsoleBrowser } from './console-browser.ts'

const FAILOVER_WITHIN_MS = 30_000

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
          await elections.getByText("the leader's process had ended").waitFor()
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

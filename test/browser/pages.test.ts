import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { BrokerNode } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ConsoleBrowser } from './console-browser.ts'
import { admin, askAs, operator, startWithUsers, viewer } from './console-cluster.ts'

const WITHIN = { timeoutMs: 10_000 }

describe('the console of a broker that leads', () => {
  let cluster: Cluster
  let node: BrokerNode
  let client: OpenWireClient
  let browser: ConsoleBrowser

  before(async () => {
    cluster = await startWithUsers({ replicas: 1 })
    node = await cluster.leader()
    client = new OpenWireClient([node.ports.client])
    await client.open()
    browser = await ConsoleBrowser.open({ visitor: admin })
  })
  after(async () => {
    client.close()
    await browser.close()
    await cluster.dispose()
  })
  afterEach(async () => {
    await browser.closePages()
    assert.deepEqual(browser.faults, [], 'scripts fail, or do what the policy forbids')
  })

  const visit = (hash: string): Promise<Page> => browser.visit(node.ports.console, hash)

  async function pendingOf(queue: string): Promise<number | null> {
    const answer = await askAs(admin, node.ports.console, `/destinations/queue/${queue}`)
    return ((await answer.json()) as { pending: number | null }).pending
  }

  /** Waits for what a dialog's action says at its end. */
  async function noticed(page: Page, text: string | RegExp): Promise<void> {
    await page.locator('.notices').getByText(text).waitFor()
  }

  async function confirm(page: Page, verb: string): Promise<void> {
    await page.locator('dialog').getByRole('button', { name: verb, exact: true }).click()
    await page.locator('dialog').waitFor({ state: 'detached' })
  }

  it('shows at home what the broker is, how full, and what flows', async () => {
    const page = await visit('')
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    await page.getByText('quorate-test').waitFor()
    await page.getByRole('meter', { name: 'Store', exact: true }).waitFor()
    for (let i = 0; i < 5; i++) await client.send('HOME', `message ${i}`)
    const waiting = page.locator('[data-tile="home.waiting"] dd')
    await waitUntil(async () => (await waiting.textContent()) === '5', {
      what: 'five messages at home',
      ...WITHIN,
    })
    const rate = page.locator('[data-tile="home.in"] dd')
    await waitUntil(async () => Number(await rate.textContent()) > 0, { what: 'a rate', ...WITHIN })
    assert.equal(await page.locator('.chart canvas').count(), 3)
  })

  it('creates a queue, sends to it, purges and deletes it', async () => {
    const page = await visit('#/queues')
    await page.getByRole('button', { name: 'New queue' }).click()
    await page.getByLabel('Name', { exact: true }).fill('MADE/here?')
    await confirm(page, 'Create')
    await noticed(page, 'MADE/here? is there.')
    await page.getByRole('link', { name: 'MADE/here?' }).click()
    await page.getByRole('heading', { name: 'MADE/here?', level: 1 }).waitFor()
    for (const body of ['one', 'two']) {
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByLabel('Body', { exact: true }).fill(body)
      await confirm(page, 'Send')
    }
    await page.locator('[data-figure=pending] dd', { hasText: '2' }).waitFor()
    await page.getByRole('button', { name: 'Purge' }).click()
    await page.getByText('2 messages that wait now are deleted for good.').waitFor()
    await confirm(page, 'Purge')
    await noticed(page, '2 messages deleted from MADE/here?.')
    await page.locator('[data-figure=pending] dd', { hasText: '0' }).waitFor()
    await page.getByRole('button', { name: 'Delete' }).first().click()
    await confirm(page, 'Delete')
    await page.getByRole('heading', { name: 'Queues', level: 1 }).waitFor()
    const gone = await askAs(admin, node.ports.console, '/destinations/queue/MADE%2Fhere%3F')
    assert.equal(gone.status, 404)
  })

  it('creates a topic, sends to it and deletes it', async () => {
    const page = await visit('#/topics')
    await page.getByRole('button', { name: 'New topic' }).click()
    await page.getByLabel('Name', { exact: true }).fill('NEWS')
    await confirm(page, 'Create')
    await noticed(page, 'NEWS is there.')
    await page.getByRole('link', { name: 'NEWS' }).click()
    await page.getByText('A topic keeps no messages').waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByLabel('Body', { exact: true }).fill('one')
    await confirm(page, 'Send')
    await page.locator('[data-figure=enqueued] dd', { hasText: '1' }).waitFor()
    await page.getByRole('button', { name: 'Delete' }).first().click()
    await confirm(page, 'Delete')
    await noticed(page, 'NEWS is gone.')
    await page.getByRole('heading', { name: 'Topics', level: 1 }).waitFor()
    const gone = await askAs(admin, node.ports.console, '/destinations/topic/NEWS')
    assert.equal(gone.status, 404)
  })

  it('sends to, purges and deletes a queue from its row', async () => {
    await client.send('ROW', 'x')
    const page = await visit('#/queues')
    const begin = (act: string) => page.getByRole('button', { name: `${act}: ROW` }).click()
    await begin('Send')
    await page.getByLabel('Body', { exact: true }).fill('y')
    await confirm(page, 'Send')
    const pending = page.locator('tr', { hasText: 'ROW' }).locator('td.pending')
    await pending.filter({ hasText: '2' }).waitFor()
    await begin('Purge')
    await confirm(page, 'Purge')
    await noticed(page, '2 messages deleted from ROW.')
    await begin('Delete')
    await confirm(page, 'Delete')
    await noticed(page, 'ROW is gone.')
    await page.getByRole('link', { name: 'ROW', exact: true }).waitFor({ state: 'detached' })
  })

  it('copies and moves a message from its own page', async () => {
    await client.send('HERE', 'x')
    const page = await visit('#/queues/HERE')
    await page.locator('td.name a').click()
    await page.locator('main:focus').waitFor()
    for (const [act, to, done] of [
      ['Copy', 'COPIED', '1 of 1 copied to COPIED.'],
      ['Move', 'THERE', '1 of 1 moved to THERE.'],
    ] as const) {
      await page.getByRole('button', { name: act }).click()
      await page.getByLabel('To', { exact: true }).fill(to)
      await confirm(page, act)
      await noticed(page, done)
    }
    await page.getByText('This message is not in the queue any more.').waitFor()
    const pending = await Promise.all(['HERE', 'COPIED', 'THERE'].map(pendingOf))
    assert.deepEqual(pending, [0, 1, 1])
  })

  it('says what is wrong in the dialog, and keeps it open', async () => {
    const page = await visit('#/queues')
    await page.getByRole('button', { name: 'New queue' }).click()
    await page.getByLabel('Name', { exact: true }).fill('A.>')
    const dialog = page.locator('dialog')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByRole('alert').getByText('stands for several destinations').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('gives the focus back when a dialog is left, and lets a late end close no other', async () => {
    const page = await visit('#/queues')
    const begin = page.getByRole('button', { name: 'New queue' })
    const dialog = page.locator('dialog')
    await begin.click()
    await confirm(page, 'Cancel')
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    assert.equal(await focused(), 'New queue')
    let letGo = (): void => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.route('**/api/v1/destinations/queue/SLOW', async (route) => {
      await held
      await route.continue()
    })
    await begin.click()
    await page.getByLabel('Name', { exact: true }).fill('SLOW')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await begin.click()
    await page.getByLabel('Name', { exact: true }).fill('NEXT')
    letGo()
    await noticed(page, 'SLOW is there.')
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'NEXT')
  })

  it('shows a message with its properties, and its body as JSON, text and hex', async () => {
    const page = await visit('#/queues/SHOWN')
    await client.send('SHOWN', 'to make it')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByLabel('Body', { exact: true }).fill('{"shop":"eu"}')
    await page.getByLabel('Correlation id').fill('c-1')
    await page.getByLabel('Properties, one a line').fill('count=3\nname=Anna')
    await confirm(page, 'Send')
    await page.locator('td.name a').nth(1).click()
    await page.locator('pre', { hasText: '"shop": "eu"' }).waitFor()
    await page.getByText('Anna').waitFor()
    await page.getByText('c-1').waitFor()
    await page.getByRole('button', { name: 'Hex' }).click()
    await page.locator('pre', { hasText: '00000000  7b 22 73 68' }).waitFor()
    await page.getByRole('button', { name: 'Text' }).click()
    assert.equal(await page.locator('pre').textContent(), '{"shop":"eu"}')
    await page.getByRole('button', { name: 'Delete' }).click()
    await confirm(page, 'Delete')
    await page.getByText('This message is not in the queue any more.').waitFor()
    assert.equal(await pendingOf('SHOWN'), 1)
  })

  it('copies, moves and deletes the messages that are chosen', async () => {
    for (const text of ['1', '2', '3']) await client.send('SOURCE', text)
    const page = await visit('#/queues/SOURCE')
    const choose = (at: number) => page.locator('td.choice input').nth(at).check()
    await choose(0)
    await choose(1)
    await page.getByText('2 selected').waitFor()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByLabel('To', { exact: true }).fill('COPIES')
    await confirm(page, 'Copy')
    await noticed(page, '2 of 2 copied to COPIES.')
    assert.deepEqual([await pendingOf('SOURCE'), await pendingOf('COPIES')], [3, 2])
    await choose(0)
    await page.getByRole('button', { name: 'Move' }).click()
    await page.getByLabel('To', { exact: true }).fill('MOVED')
    await confirm(page, 'Move')
    await noticed(page, '1 of 1 moved to MOVED.')
    assert.deepEqual([await pendingOf('SOURCE'), await pendingOf('MOVED')], [2, 1])
    await page.locator('td.choice').nth(2).waitFor({ state: 'detached' })
    await page.getByLabel('Select all of this page').check()
    await page.getByText('2 selected').waitFor()
    await page.getByLabel('Select all of this page').uncheck()
    await page.getByText('0 selected').waitFor()
    await choose(0)
    const bar = page.getByRole('region', { name: 'Messages of SOURCE' }).first()
    await bar.getByRole('button', { name: 'Delete' }).first().click()
    await confirm(page, 'Delete')
    await noticed(page, '1 of 1 deleted.')
    assert.equal(await pendingOf('SOURCE'), 1)
  })

  it('lets no message be chosen that is not stored, and says why', async () => {
    await client.send('MIXED', 'stored')
    const page = await visit('#/queues/MIXED')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByLabel('Body', { exact: true }).fill('in memory')
    await page.locator('dialog').getByLabel('Persistent').uncheck()
    await confirm(page, 'Send')
    const boxes = page.locator('td.choice input')
    await boxes.nth(1).waitFor()
    await page.getByLabel('Select all of this page').check()
    await page.getByText('1 selected').waitFor()
    const off = page.locator('td.choice input:disabled')
    assert.equal(await off.count(), 1)
    assert.match((await off.getAttribute('title')) ?? '', /^It is not stored/)
  })

  it('shows topics, subscribers and connections, and removes a subscription', async () => {
    const subscriber = new OpenWireClient([node.ports.client])
    await subscriber.open()
    await subscriber.subscribe('PRICES', 'nightly')
    await subscriber.consume('WORK')
    const page = await visit('#/topics')
    await page.getByRole('link', { name: 'PRICES' }).waitFor()
    await page.getByRole('link', { name: 'Connections' }).click()
    await waitUntil(async () => (await page.locator('tbody tr').count()) === 2, {
      what: 'two connections',
      ...WITHIN,
    })
    await page.getByRole('link', { name: 'Subscribers' }).click()
    await page.getByRole('cell', { name: 'nightly', exact: true }).waitFor()
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Consumers' }).click()
    await page.getByRole('cell', { name: 'queue://WORK' }).waitFor()
    await page.getByText('durable: nightly').waitFor()
    subscriber.close()
    await page.getByRole('button', { name: 'Durable subscriptions' }).click()
    await page.getByText('away', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Delete: nightly' }).click()
    await confirm(page, 'Delete')
    await noticed(page, 'The subscription nightly is gone.')
    await page.getByText('There is nothing here.').waitFor()
  })

  it('filters and sorts, and follows the figures of its rows', async () => {
    for (let i = 0; i < 3; i++) await client.send('SORTED.more', 'x')
    await client.send('SORTED.less', 'x')
    const page = await visit('#/queues')
    await page.keyboard.press('/')
    await page.keyboard.type('sorted')
    const names = page.locator('td.name a')
    const shows = (expected: string) =>
      waitUntil(async () => (await names.allTextContents()).join() === expected, {
        what: expected,
        ...WITHIN,
      })
    await shows('SORTED.less,SORTED.more')
    await page.getByRole('button', { name: 'Pending' }).click()
    await shows('SORTED.more,SORTED.less')
    await client.send('SORTED.less', 'y')
    await page
      .locator('tr', { hasText: 'SORTED.less' })
      .locator('td.pending', { hasText: '2' })
      .waitFor()
  })

  it('goes one page on for each page that is there, however often it is told to', async () => {
    await Promise.all(Array.from({ length: 120 }, (_, at) => client.send(`PAGED.${at}`, 'x')))
    const page = await visit('#/queues')
    await page.getByRole('searchbox').fill('PAGED.')
    await page.getByText('1 to 100 of 120').waitFor()
    await page.getByLabel('Rows').selectOption('50')
    await page.getByText('1 to 50 of 120').waitFor()
    let letGo = (): void => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.route(/after=/, async (route) => {
      await held
      await route.continue()
    })
    await page.getByRole('heading', { name: 'Queues', level: 1 }).click()
    const asked = page.waitForRequest(/after=/)
    await page.keyboard.press('n')
    await asked
    await page.keyboard.press('n')
    letGo()
    await page.getByText('51 to 100 of 120').waitFor()
    const first = await page.locator('td.name a').first().textContent()
    await page.keyboard.press('n')
    await page.getByText('101 to 120 of 120').waitFor()
    await page.keyboard.press('p')
    await page.getByText('51 to 100 of 120').waitFor()
    assert.equal(await page.locator('td.name a').first().textContent(), first)
  })

  it('draws elections on a timeline, and leaves them out where nobody remembers them', async () => {
    const page = await visit('#/home')
    let elections: object[] | null = null
    await page.route('**/api/v1/cluster/elections', (route) => {
      const missing = { status: 404, json: {} }
      return route.fulfill(elections === null ? missing : { json: { elections } })
    })
    const noticed = (at: number, servedMs: number | null) => {
      const beganMs = Date.now() - at * 1000
      const servingAt = servedMs === null ? null : new Date(beganMs + servedMs).toISOString()
      const noticedAt = new Date(beganMs).toISOString()
      return { noticedAt, servingAt, durationMs: servedMs, seenBy: 'node01' }
    }
    const asked = page.waitForResponse('**/api/v1/cluster/elections')
    await page.getByRole('link', { name: 'Cluster' }).click()
    await asked
    await page.locator('[data-node=node01]').getByText('leader', { exact: true }).waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Elections' }).count(), 0)
    elections = [
      { epoch: 4, leader: 'node01', cause: 'start', ...noticed(3600, 900) },
      { epoch: 5, leader: null, cause: 'silent', ...noticed(1200, null) },
      { epoch: 6, leader: 'node02', cause: 'silent', ...noticed(600, 812) },
    ]
    await page.reload()
    await page.getByRole('heading', { name: 'Elections' }).waitFor()
    const reigns = page.locator('.reign')
    const titles = await reigns.evaluateAll((bars) => bars.map((bar) => bar.getAttribute('title')))
    const lost = ['nobody · 5', 'nobody · 6', 'node02 · 6']
    assert.deepEqual(titles, ['nobody · 4', 'node01 · 4', ...lost])
    const led = await reigns.nth(1).boundingBox()
    const track = await page.locator('.track').boundingBox()
    const part = (led?.width ?? 0) / (track?.width ?? 1)
    assert.ok(Math.abs(part - 2400 / 3600) < 0.05, `node01 led for ${part} of the time`)
    const newest = page.getByRole('region', { name: 'Elections' }).locator('tbody tr').first()
    await newest.getByText('812 ms').waitFor()
    await newest.getByText('the leader fell silent').waitFor()
  })

  it('says that a page cannot be shown, keeps the others, and shows it when it can', async () => {
    const page = await visit('#/home')
    const nodes = '**/api/v1/cluster/nodes'
    await page.route(nodes, (route) => route.fulfill({ json: { items: [null] } }))
    await page.getByRole('link', { name: 'Cluster' }).click()
    const failed = page.getByRole('alert').getByText('This page cannot be shown')
    await failed.waitFor()
    await page.getByRole('link', { name: 'Queues' }).click()
    await page.getByRole('button', { name: 'New queue' }).waitFor()
    await page.getByRole('link', { name: 'Cluster' }).click()
    await failed.waitFor()
    await page.unroute(nodes)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('[data-node=node01]').getByText('leader', { exact: true }).waitFor()
  })

  it('hears keys and changes of its address from the moment it is loaded', async () => {
    const page = await visit('#/queues')
    await page.addInitScript(() => {
      window.addEventListener('load', () => {
        document.dispatchEvent(new KeyboardEvent('keydown', { key: '/' }))
        const focused = document.activeElement?.hasAttribute('data-filter')
        document.documentElement.dataset.heard = String(focused)
        window.location.hash = '#/topics'
      })
    })
    await page.reload()
    assert.equal(await page.locator('html').getAttribute('data-heard'), 'true')
    await page.getByRole('heading', { name: 'Topics', level: 1 }).waitFor()
  })

  it('goes by keys, keeps the focus in dialogs, and lists the keys', async () => {
    const page = await visit('')
    await page.getByText('quorate-test').waitFor()
    for (const [key, name] of [
      ['q', 'Queues'],
      ['t', 'Topics'],
      ['l', 'Cluster'],
    ] as const) {
      await page.keyboard.press('g')
      await page.keyboard.press(key)
      await page.getByRole('heading', { name, level: 1 }).waitFor()
    }
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    const isInside = await page.evaluate(() => document.activeElement?.closest('dialog') !== null)
    assert.ok(isInside, 'the focus is in the dialog')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  it('lets a viewer look and an operator deal with messages, and says what the rest takes', async () => {
    await client.send('GUARDED', 'x')
    const state = async (visitor: typeof viewer) => {
      const other = await ConsoleBrowser.open({ visitor })
      try {
        const page = await other.visit(node.ports.console, '#/queues/GUARDED')
        await page.getByText(`${visitor.name} ·`).waitFor()
        const button = (name: string) => page.locator('.bar').first().getByRole('button', { name })
        const why = await button('Delete').getAttribute('title')
        return [await button('Purge').isEnabled(), await button('Delete').isEnabled(), why]
      } finally {
        await other.close()
      }
    }
    const takes = (role: string) => `This takes the role administrator; yours is ${role}.`
    assert.deepEqual(await state(viewer), [false, false, takes('viewer')])
    assert.deepEqual(await state(operator), [true, false, takes('operator')])
    const stranger = await fetch(`http://127.0.0.1:${node.ports.console}/console/`)
    assert.equal(stranger.status, 401)
    assert.match(stranger.headers.get('www-authenticate') ?? '', /^Basic/)
  })

  it('has one stream while it is seen, and none while it is hidden', async () => {
    const page = await visit('')
    await page.getByText('live', { exact: true }).waitFor()
    const hide = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'))
    await hide(true)
    await ended
    const opened = page.waitForRequest((request) => request.url().includes('/events'))
    await hide(false)
    await opened
  })

  // It leaves the browser with what it chose: it comes last.
  it('speaks Chinese, is dark, and remembers both', async () => {
    const page = await visit('#/queues')
    await page.getByLabel('Language').selectOption('zh')
    await page.getByRole('heading', { name: '队列' }).waitFor()
    await page.getByLabel('外观').selectOption('dark')
    await page.reload()
    await page.getByRole('heading', { name: '队列' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-Hans')
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    assert.equal(ground, 'rgb(12, 18, 22)')
  })
})

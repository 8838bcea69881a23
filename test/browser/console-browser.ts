import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'

/** Debian's; nothing is downloaded. */
const EXECUTABLE = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** How long a test waits for what it expects to see. */
const SEEN_WITHIN_MS = 15_000

export interface Visitor {
  readonly name: string
  readonly password: string
}

export interface VisitOptions {
  readonly visitor?: Visitor
  readonly colorScheme?: 'light' | 'dark'
  readonly locale?: string
}

/** A fresh browser with nothing remembered, and what went wrong on its pages. */
export class ConsoleBrowser {
  /** Errors of scripts, and what the page's policy forbade. */
  readonly faults: string[] = []
  readonly #context: BrowserContext
  readonly #profile: string

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context
    this.#profile = profile
  }

  static async open(options: VisitOptions = {}): Promise<ConsoleBrowser> {
    const { visitor, colorScheme = 'light', locale = 'en-US' } = options
    const profile = mkdtempSync(join(tmpdir(), 'quorate-browser-'))
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: EXECUTABLE,
      args: FLAGS,
      headless: true,
      viewport: { width: 1440, height: 900 },
      colorScheme,
      locale,
      ...(visitor === undefined
        ? {}
        : { httpCredentials: { username: visitor.name, password: visitor.password } }),
    })
    context.setDefaultTimeout(SEEN_WITHIN_MS)
    return new ConsoleBrowser(context, profile)
  }

  /** A page of the console: `#/queues`. */
  async visit(consolePort: number, hash = '#/home'): Promise<Page> {
    const page = await this.#context.newPage()
    page.on('pageerror', (error) => this.faults.push(error.message))
    page.on('console', (message) => {
      const isPolicy = /Content Security Policy/i.test(message.text())
      if (isPolicy) this.faults.push(message.text())
    })
    await page.goto(`http://127.0.0.1:${consolePort}/console/${hash}`)
    return page
  }

  /** What they remember stays. */
  async closePages(): Promise<void> {
    await Promise.all(this.#context.pages().map((page) => page.close()))
  }

  async close(): Promise<void> {
    await this.#context.close()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 3 })
  }
}

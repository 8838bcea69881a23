import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readWalkthroughs, walkthroughsPage, walkthroughsPagePath } from './walkthroughs-page.ts'

const remedy =
  'run: node --conditions=quorate-source --import tsx test/simulation/walkthroughs-command.ts'

describe('the page of walk-throughs', () => {
  it('says what the scripts say', () => {
    const page = readFileSync(walkthroughsPagePath, 'utf8')
    assert.ok(page === walkthroughsPage(), `walkthroughs.md is not current; ${remedy}`)
  })

  it('has all of W1 to W20', () => {
    const numbers = new Set(readWalkthroughs().map(({ number }) => number))
    assert.deepEqual(
      [...numbers],
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
  })
})

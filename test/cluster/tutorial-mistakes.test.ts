import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { linesOf, stepsOf } from '../support/played-readme.ts'
import { playTutorial, tutorialPage, withoutPrograms } from '../support/tutorial-copy.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const page = readFileSync(new URL('tutorial-mistakes.md', import.meta.url), 'utf8')
const [common = '', zookeeper = '', brokers = ''] = page.split(/^## .*$/m)

/** What the rows of the last table of a page quote. */
function quotesOf(readme: string): string[] {
  const table = readme.slice(readme.lastIndexOf('\n## '))
  return [...table.matchAll(/^\| `([^`]*)`/gm)].map(([, quote = '']) => quote)
}

/** Whether this was printed, with `...` for anything. */
function isIn(quote: string, printed: readonly string[]): boolean {
  const [line = ''] = linesOf(quote)
  const parts = line.split('...').map((part) => part.replaceAll(/[^\w ]/g, String.raw`\$&`))
  const pattern = new RegExp(parts.join('.*'))
  return printed.some((line) => pattern.test(line))
}

describe('mistakes in the tutorial', () => {
  const skip = withoutZookeeper() || withoutPrograms()
  it('of its ensemble are named by zk_batch.sh', { skip }, (t) =>
    playTutorial(t, stepsOf(common + zookeeper), linesOf),
  )

  it('of its brokers are named by amq_batch.sh', { skip: withoutPrograms() }, (t) =>
    playTutorial(t, stepsOf(common + brokers), linesOf),
  )

  it('are quoted by the table of the page as they are printed', () => {
    const steps = [...stepsOf(tutorialPage('README.md')), ...stepsOf(page)]
    const printed = steps.flatMap(({ output }) => linesOf(output))
    const quotes = quotesOf(tutorialPage('README.md'))
    assert.ok(quotes.length > 0)
    const others = quotes.filter((quote) => !isIn(quote, printed))
    assert.deepEqual(others, [])
    assert.deepEqual(quotesOf(tutorialPage('README.zh.md')), quotes)
  })
})

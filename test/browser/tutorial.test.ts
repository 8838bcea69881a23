import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { activemqMissing } from '../support/failover-programs.ts'
import { stepsOf } from '../support/played-readme.ts'
import type { Step } from '../support/played-readme.ts'
import { playTutorial, tutorialPage, withoutPrograms } from '../support/tutorial-copy.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

/** A look at the three consoles behind the step of the page that has this command. */
interface Look {
  readonly after: string
  readonly words: string
  /** As a browser shows it, in any order. */
  readonly shown: string
}

const looks: readonly Look[] = [
  {
    after: './client.sh receive 3',
    words: 'tutorial-three-messages queues',
    shown: `
8161 leads; TUTORIAL: enqueued 3, dequeued 3, pending 0
8162 follows, and says who leads
8163 follows, and says who leads
`,
  },
  {
    after: 'kill -9 "$(',
    words: 'tutorial-killed-leader',
    shown: `
8161 has no console
8162 leads
8163 follows, and says who leads
`,
  },
  {
    after: 'grep broker client.log',
    words: 'tutorial-other-leader',
    shown: `
8161 has no console
8162 leads
8163 follows, and says who leads
`,
  },
  {
    after: 'before=$(',
    words: 'tutorial-nobody-leads',
    shown: `
8161 has no console
8162 knows no leader
8163 has no console
`,
  },
]

const lookScript = fileURLToPath(new URL('look-command.ts', import.meta.url))

/** The steps of the page, and the looks between them. */
function withLooks(steps: readonly Step[]): Step[] {
  const unused = new Set(looks)
  const all = steps.flatMap((step) => {
    const look = looks.find(({ after }) => step.commands.includes(after))
    if (look === undefined) return [step]
    unused.delete(look)
    const commands = `node --conditions=quorate-source --import tsx ${lookScript} ${look.words}\n`
    return [step, { commands, output: look.shown }]
  })
  assert.deepEqual([...unused], [], 'the page has a step for each look')
  return all
}

describe('the tutorial, in a browser', () => {
  const skip = withoutZookeeper() || activemqMissing() || withoutPrograms()
  it('shows three messages in and out, and moves on with the leader', { skip }, (t) =>
    playTutorial(t, withLooks(stepsOf(tutorialPage('README.md')))),
  )
})

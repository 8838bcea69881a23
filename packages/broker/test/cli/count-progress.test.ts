import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CountProgress } from '../../src/cli/count-progress.ts'
import { screenOf } from './screen.ts'
import { recordedTerminal } from './recorded-terminal.ts'

describe('progress', () => {
  it('leaves what is told meanwhile on the screen, with the bar below', () => {
    let written = ''
    const write = (text: string): void => void (written += text)
    // A terminal shows both streams.
    const terminal = recordedTerminal({ isInteractive: true, out: write, err: write })
    const words = { thing: 'messages', total: 4, isWanted: true }
    const progress = new CountProgress(terminal, words)
    progress.note('connected to a')
    progress.reached(1)
    progress.note('lost a')
    progress.note('connected to b')
    progress.reached(4)
    progress.close()
    const bar = '######################## 4 of 4 messages'
    assert.deepEqual(screenOf(written), ['connected to a', 'lost a', 'connected to b', bar, ''])
    assert.ok(written.endsWith('\u001b[?25h'), 'the cursor is back')
  })

  it('is nothing but what is told where nobody watches', () => {
    const terminal = recordedTerminal()
    const progress = new CountProgress(terminal, { thing: 'messages', total: 4, isWanted: true })
    progress.reached(1)
    progress.note('lost a')
    progress.close()
    assert.deepEqual(terminal.written, { out: '', err: 'lost a\n' })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LiveArea } from '../../src/cli/live-area.ts'
import { recordedTerminal } from './recorded-terminal.ts'
import { screenOf } from './screen.ts'

describe('live area', () => {
  it('redraws in place, with the lines that stay above', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.draw(['one', 'two'])
    area.print('first event')
    area.draw(['ONE', 'TWO', 'THREE'])
    area.print('second event')
    area.draw(['1'])
    assert.deepEqual(screenOf(terminal.written.out), ['first event', 'second event', '1', ''])
  })

  it('can be emptied', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.draw(['one', 'two'])
    area.draw([])
    area.print('the end')
    assert.deepEqual(screenOf(terminal.written.out), ['the end', ''])
  })

  it('can be taken away, for other lines in its place, and gives the cursor back', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.clear()
    assert.equal(terminal.written.out, '')
    area.draw(['one', 'two'])
    area.clear()
    assert.ok(terminal.written.out.endsWith('\u001b[?25h'))
    terminal.out('other\n')
    area.draw(['three'])
    assert.deepEqual(screenOf(terminal.written.out), ['other', 'three', ''])
  })

  it('writes nothing when nothing changed, and gives the cursor back', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.draw(['one'])
    const before = terminal.written.out
    area.draw(['one'])
    assert.equal(terminal.written.out, before)
    area.close()
    assert.ok(terminal.written.out.endsWith('\u001b[?25h'))
  })

  it('writes plain lines where there is no terminal', () => {
    const terminal = recordedTerminal()
    const area = new LiveArea(terminal)
    area.draw(['one'])
    area.print('event')
    area.draw(['two'])
    area.close()
    assert.equal(terminal.written.out, 'one\nevent\ntwo\n')
  })
})

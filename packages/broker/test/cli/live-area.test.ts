import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LiveArea } from '../../src/cli/live-area.ts'
import { recordedTerminal } from './recorded-terminal.ts'

/** What a person sees: the escape sequences of LiveArea carried out. */
function screen(written: string): string[] {
  const lines = ['']
  let row = 0
  for (const [part] of written.matchAll(/\u001b\[\??\d*[A-Za-z]|[^\u001b\n\r]+|\n|\r/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(part)
    if (up !== null) row -= Number(up[1])
    else if (part === '\u001b[J') lines.splice(row, Infinity, '')
    else if (part === '\n') {
      row++
      lines[row] ??= ''
    } else if (!part.startsWith('\u001b') && part !== '\r') lines[row] += part
  }
  return lines
}

describe('live area', () => {
  it('redraws in place, with the lines that stay above', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.draw(['one', 'two'])
    area.print('first event')
    area.draw(['ONE', 'TWO', 'THREE'])
    area.print('second event')
    area.draw(['1'])
    assert.deepEqual(screen(terminal.written.out), ['first event', 'second event', '1', ''])
  })

  it('can be emptied', () => {
    const terminal = recordedTerminal({ isInteractive: true })
    const area = new LiveArea(terminal)
    area.draw(['one', 'two'])
    area.draw([])
    area.print('the end')
    assert.deepEqual(screen(terminal.written.out), ['the end', ''])
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

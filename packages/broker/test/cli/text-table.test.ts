import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatTable, printable } from '../../src/cli/text-table.ts'

const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'REST' }] as const

describe('text table', () => {
  it('aligns columns and leaves nothing at the end of a line', () => {
    const rows = [
      [{ text: 'a' }, { text: '1' }, { text: 'x y' }],
      [{ text: 'long name' }, { text: '12345' }, { text: '' }],
    ]
    assert.deepEqual(formatTable(columns, rows, { columnsMax: Infinity }), [
      'NAME           N  REST',
      'a              1  x y',
      'long name  12345',
    ])
  })

  it('never makes a line wider than the terminal, colours not counted', () => {
    const paint = (text: string): string => `<${text}>`
    const rows = [
      [
        { text: 'abcdefgh', paint },
        { text: '12', paint },
        { text: 'zzz', paint },
      ],
    ]
    for (let columnsMax = 1; columnsMax < 25; columnsMax++) {
      for (const line of formatTable(columns, rows, { columnsMax })) {
        assert.ok(line.replaceAll(/[<>]/g, '').length <= columnsMax, `${columnsMax}: ${line}`)
      }
    }
  })

  it('aligns what takes two columns a character, and what takes none', () => {
    const rows = [['订单🎉'], ['cafe\u0301'], ['plain']].map(([text = '']) => [
      { text },
      { text: '1' },
      { text: 'x' },
    ])
    const [, ...lines] = formatTable(columns, rows, { columnsMax: Infinity })
    assert.deepEqual(lines, ['订单🎉  1  x', 'cafe\u0301    1  x', 'plain   1  x'])
    const cut = formatTable([{ title: 'X' }], [[{ text: '订单🎉' }]], { columnsMax: 5 })
    assert.equal(cut[1], '订单', 'no half of a character, and no line that is too wide')
  })

  it('does not pass on what would steer the terminal', () => {
    assert.equal(printable('a\u001b[2Jb\u009bc\u202e\n'), 'a?[2Jb?c??')
    const [, line = ''] = formatTable([{ title: 'X' }], [[{ text: '\u001b[31mred' }]], {
      columnsMax: 80,
    })
    assert.equal(line, '?[31mred')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandOf, parseOptions, questionNames } from './options.ts'

describe('parseOptions', () => {
  it('asks every question at a fifth of full size when nothing is said', () => {
    const options = parseOptions([])
    assert.deepEqual(options.questions, questionNames)
    assert.equal(options.messages, 1_000_000)
    assert.equal(options.bytes, 1024)
    assert.equal(options.queues, 10_000)
    assert.equal(options.heldBytes, 2e9)
    assert.equal(options.behindBytes, 1e9)
    assert.equal(options.out, null)
  })

  it('asks the chosen questions in their own order, each once', () => {
    const words = ['--question', 'held', '--question', 'backlog', '--question', 'held']
    assert.deepEqual(parseOptions(words).questions, ['backlog', 'held'])
  })

  it('takes numbers with separators, and parts of a gigabyte', () => {
    const words = ['--messages', '5,000,000', '--queues', '2_000', '--held-gb', '0.5']
    const { messages, queues, heldBytes } = parseOptions(words)
    assert.deepEqual(
      { messages, queues, heldBytes },
      { messages: 5e6, queues: 2000, heldBytes: 5e8 },
    )
  })

  it('names the flag whose value it cannot take', () => {
    for (const [words, message] of [
      [['--messages', 'many'], /--messages takes a whole number of at least 5/],
      [['--messages', '4'], /--messages takes/],
      [['--bytes', '1.5'], /--bytes takes/],
      [['--bytes', ''], /--bytes takes/],
      [['--rounds', '0'], /--rounds takes/],
      [['--held-gb', '0'], /--held-gb takes/],
      [['--question', 'memory'], /--question memory is none of backlog, /],
      [['--behind-gb', 'x'], /--behind-gb takes a number above 0/],
      [['--question', 'catchup'], /did you mean "catch-up"/],
      [['--depth', '3'], /there is no flag --depth, --help tells/],
      [['--mesages', '3'], /no flag --mesages, .*; did you mean "--messages"/],
      [['held'], /held belongs to no flag/],
    ] as const) {
      assert.throws(() => parseOptions(words), message)
    }
  })
})

describe('commandOf', () => {
  it('tells what was asked and what is not as usual, and no path of a machine', () => {
    const words = ['--question', 'held', '--held-gb', '20', '--directory', '/mnt/x', '--resume']
    const command = 'npm run bench:store-depth -- --question held --held-gb 20'
    assert.equal(commandOf(parseOptions(words)), command)
    assert.equal(commandOf(parseOptions([])), 'npm run bench:store-depth')
  })
})

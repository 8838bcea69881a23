import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contenderNames } from './contenders/contender.ts'
import { help, parseOptions } from './options.ts'
import { questions } from './questions.ts'

describe('flags of the race', () => {
  it('all questions go to all contenders where nothing is said', () => {
    const options = parseOptions([])
    assert.deepEqual(
      options.questions,
      questions.map(({ name }) => name),
    )
    assert.deepEqual(options.contenders, contenderNames)
    assert.equal(options.rounds, 5)
  })

  it('what is named is asked, in the order of the tables', () => {
    const { questions: asked, contenders } = parseOptions(
      '--question flow --question one --contender nats --contender quorate'.split(' '),
    )
    assert.deepEqual(asked, ['one', 'flow'])
    assert.deepEqual(contenders, ['quorate', 'nats'])
  })

  it('a name that is not known is answered with the nearest one', () => {
    assert.throws(() => parseOptions(['--question', 'flwo']), /no question flwo.*flow/)
    assert.throws(() => parseOptions(['--contender', 'rabitmq']), /no contender rabitmq.*rabbitmq/)
    assert.throws(() => parseOptions(['--round', '3']), /no flag --round.*--rounds/)
  })

  it('numbers are whole and may be grouped', () => {
    assert.equal(parseOptions(['--backlog', '1,000,000']).backlog, 1_000_000)
    for (const wrong of ['0', '-1', '1.5', 'many']) {
      assert.throws(() => parseOptions([`--rounds=${wrong}`]), /--rounds takes a whole number/)
    }
  })

  it('the help names every question and fits a terminal', () => {
    for (const { name } of questions) assert.ok(help.includes(name))
    for (const line of help.split('\n')) assert.ok(line.length <= 100, line)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Placeholders } from '../../../src/config/xml/placeholders.ts'

function placeholders(properties: Readonly<Record<string, string>> = {}): Placeholders {
  const made = new Placeholders({
    definitions: new Map([
      ['activemq.data', 'data'],
      ['both', 'defined'],
    ]),
    environment: { ZK_HOST: 'zk1', both: 'variable' },
  })
  const entries = Object.entries(properties)
  made.addProperties(new Map(entries.map(([key, value]) => [key, { value, where: 'f:1:1' }])))
  return made
}

function textOf(text: string, properties: Readonly<Record<string, string>> = {}): string {
  const resolved = placeholders(properties).resolve(text)
  return 'text' in resolved ? resolved.text : `problem: ${resolved.problem}`
}

describe('placeholders', () => {
  it('are looked up in property files, then definitions, then the environment', () => {
    assert.equal(textOf('${both}', { both: 'file' }), 'file')
    assert.equal(textOf('${both}'), 'defined')
    assert.equal(textOf('tcp://${ZK_HOST}:${port:2181}/${activemq.data}'), 'tcp://zk1:2181/data')
  })

  it('may stand inside of each other and have empty defaults', () => {
    assert.equal(textOf('${a}', { a: '${b}!', b: 'c' }), 'c!')
    assert.equal(textOf('${none:${a}}', { a: 'x' }), 'x')
    assert.equal(textOf('${which.${env}}', { env: 'test', 'which.test': 'y' }), 'y')
    assert.equal(textOf('[${none:}]'), '[]')
    assert.equal(textOf('no ${end'), 'no ${end')
  })

  it('end where they refer to themselves, grow without end, or are encrypted', () => {
    assert.match(textOf('${a}', { a: '${a}' }), /refers to itself/)
    const wide = { a: '${b}'.repeat(999), b: '${c}'.repeat(999), c: 'x'.repeat(999) }
    assert.match(textOf('${a}', wide), /becomes longer than 65536 characters/)
    const chain: Record<string, string> = { f: '' }
    for (const [name, next] of ['ab', 'bc', 'cd', 'de', 'ef'].map((pair) => [...pair])) {
      chain[name ?? ''] = `\${${next ?? ''}}`.repeat(999)
    }
    assert.match(textOf('${a}', chain), /more than 10000 placeholders/)
    assert.match(textOf('${p}', { p: 'ENC(abc=)' }), /"\$\{p\}" is encrypted \(Jasypt\)/)
  })

  it('hide what came out of files and variables, whole and in pieces', () => {
    const made = placeholders({ list: 'alpha,beta', n: '7' })
    made.resolve('x-${list}')
    made.resolve('${n}')
    assert.equal(made.hide('"x-alpha,beta" is wrong'), '"x-${list}" is wrong')
    assert.equal(made.hide('unknown word "beta"'), 'unknown word "${list}"')
    assert.equal(made.hide('"7" must be at most 70'), '"${n}" must be at most 70')
  })
})

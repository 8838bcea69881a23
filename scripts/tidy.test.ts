import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checks, findUntidy, formatFindings } from './tidy.ts'
import { importTable, libraryTable } from './tidy/imports.ts'
import { SourceFile, readProject } from './tidy/source-file.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

describe('this repository', () => {
  const files = readProject(root)
  for (const [name, check] of Object.entries(checks)) {
    it(`is tidy: ${name}`, () => {
      const findings = check(files)
      assert.ok(findings.length === 0, `\n${formatFindings(findings)}`)
    })
  }

  it('has an import table that names rooms and files that exist', () => {
    const paths = files.map(({ path }) => path)
    const exists = (name: string): boolean => {
      const [, packageName = '', rest = ''] = /^(?:type:)?(\w+)\/(.+)$/.exec(name) ?? []
      const path = `packages/${packageName}/src/${rest}`
      return paths.some((each) => each === path || each.startsWith(`${path}/`))
    }
    const named = [...Object.keys(importTable), ...Object.values(importTable).flat()]
    const rooms = [...named, ...Object.keys(libraryTable)]
    assert.deepEqual(
      rooms.filter((name) => !exists(name)),
      [],
    )
  })
})

/** The messages about a small repository of these files. */
function messages(texts: Readonly<Record<string, string>>): string[] {
  const files = Object.entries(texts).map(([path, text]) => new SourceFile(path, text))
  return formatFindings(findUntidy(files))
    .split('\n')
    .filter((line) => !line.includes('nobody imports') && line !== '')
}

/** That exactly one complaint is made about this text in this file, and that it says this. */
function complains(path: string, text: string, about: RegExp): void {
  const found = messages({ [path]: text })
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0] ?? '', about)
}

const engineFile = 'packages/broker/src/engine/queue.ts'

describe('tidy', () => {
  it('keeps protocol away from the store, but for the proof of durability', () => {
    const path = 'packages/broker/src/protocol/openwire/adapter.ts'
    complains(path, `import { MessageStore } from '../../store/message-store.ts'\n`, /:1 .*may not/)
    assert.deepEqual(
      messages({ [path]: `import type { Stored } from '../../store/message-store.ts'\n` }),
      [],
    )
  })

  it('keeps replication away from the engine, also by a dynamic import', () => {
    const path = 'packages/broker/src/replication/node.ts'
    complains(path, `\nawait import('../engine/queue.ts')\n`, /:2 broker\/replication may not/)
  })

  it('lets base import nothing and everybody import base', () => {
    const file = 'packages/core/src/base/clock.ts'
    complains(file, `import { x } from '../model/destination.ts'\n`, /allows nothing/)
    const fits = `import { assert } from '@quorate/core/base/errors'\n`
    assert.deepEqual(messages({ [engineFile]: fits }), [])
  })

  it('wants packages to be imported by name and files with their suffix', () => {
    const away = `import { assert } from '../../../core/src/base/errors.ts'\n`
    complains(engineFile, away, /leaves the package/)
    complains(engineFile, `import { x } from './topic'\n`, /carries its \.ts/)
  })

  it('lets a library into the rooms of its row only', () => {
    complains(engineFile, `import { pino } from 'pino'\n`, /may not use the library "pino"/)
    const management = 'packages/broker/src/management/log.ts'
    assert.deepEqual(messages({ [management]: `import { pino } from 'pino'\n` }), [])
  })

  it('wants every source file in a room', () => {
    complains('packages/broker/src/somewhere/file.ts', '', /add a row/)
  })

  it('finds files that nobody imports', () => {
    const files = [
      new SourceFile('packages/core/src/base/used.ts', ''),
      new SourceFile('packages/core/src/base/dead.ts', `import './used.ts'\n`),
      new SourceFile('packages/broker/src/cli/main.ts', ''),
    ]
    const dead = findUntidy(files).filter(({ message }) => message.includes('nobody imports'))
    assert.deepEqual(
      dead.map(({ path }) => path),
      ['packages/core/src/base/dead.ts'],
    )
  })

  it('limits files to 500 lines, tests to 600 and lines to 100 columns', () => {
    assert.deepEqual(messages({ [engineFile]: '//\n'.repeat(500) }), [])
    complains(engineFile, '//\n'.repeat(501), /501 lines, at most 500/)
    const test = 'packages/broker/test/engine/queue.test.ts'
    const long = messages({ [engineFile]: '', [test]: '//\n'.repeat(601) })
    assert.match(long.join(), /601 lines, at most 600/)
    complains(engineFile, `// ${'word '.repeat(21)}\n`, /columns, at most 100/)
    complains(engineFile, `/** ${'word '.repeat(21)}*/\n`, /columns, at most 100/)
    assert.deepEqual(messages({ [engineFile]: `// https://example.org/${'x'.repeat(90)}\n` }), [])
  })

  it('knows words that are not written, and what to do instead', () => {
    complains(engineFile, '// TODO later\n', /name the issue/)
    assert.deepEqual(messages({ [engineFile]: '// TODO #12: later\n' }), [])
    complains(engineFile, 'const masterNode = 1\n', /leader and follower/)
    complains(engineFile, 'const x = isSlave\n', /leader and follower/)
    complains(engineFile, 'const x = Date.now()\n', /take a Clock/)
    const test = 'packages/core/test/base/clock.test.ts'
    const beside = { 'packages/core/src/base/clock.ts': '' }
    assert.match(messages({ ...beside, [test]: `it.only('x', f)\n` }).join(), /remove \.only/)
    assert.match(messages({ ...beside, [test]: `it.skip('x', f)\n` }).join(), /say why/)
    assert.match(messages({ 'test/support/a.ts': `run('pkill', x)\n` }).join(), /by their pid/)
  })

  it('knows constructs that are not used', () => {
    complains(engineFile, 'console.log(1)\n', /take a Log/)
    complains(engineFile, 'export default 1\n', /no default export/)
    complains(engineFile, 'export default function f() {}\n', /no default export/)
    complains(engineFile, 'let count = 0\n', /no top-level let/)
    complains(engineFile, 'enum A { B }\n', /no enum/)
    complains(engineFile, 'const x: any = 1\n', /no any/)
    assert.deepEqual(messages({ [engineFile]: 'function f() { let x = 1; return x }\n' }), [])
    assert.deepEqual(messages({ [engineFile]: `const text = 'console.log(any)'\n` }), [])
  })

  it('wants names that say something', () => {
    complains('packages/core/src/base/utils.ts', '', /"utils" says nothing/)
    complains('packages/core/src/base/string-helpers.ts', '', /says nothing/)
    complains('packages/core/src/base/ByteReader.ts', '', /kebab-case/)
    complains('packages/core/src/base/helpers/reader.ts', '', /the folder "helpers"/)
  })

  it('wants tests to stand where their sources stand', () => {
    const test = 'packages/core/test/elsewhere/clock.test.ts'
    complains(test, '', /tests mirror sources/)
  })

  it('finds what only one machine knows', () => {
    complains('docs/page.md', `see ${['', 'home', 'me', 'x'].join('/')}\n`, /path of one machine/)
    complains('docs/page.md', `from registry.${'npmjs'}.org\n`, /registry host/)
  })
})

import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import { errorTable } from '../packages/core/src/base/errors.ts'
import { settingNames } from '../packages/broker/src/config/broker-settings.ts'
import { generatePages, projectLimits, readPage } from './generate-reference.ts'

const remedy = 'run: node --conditions=quorate-source --import tsx scripts/generate-reference.ts'

describe('the reference pages', async () => {
  const pages = await generatePages()
  for (const { path, text } of pages) {
    it(`say what the code says: ${basename(path)}`, () => {
      assert.ok(readPage(path) === text, `${basename(path)} is not current; ${remedy}`)
    })
  }

  it('have a meaning for every limit', () => {
    const silent = projectLimits().filter(({ meaning }) => meaning.length < 12)
    assert.deepEqual(
      silent.map(({ path, name }) => `${path}: ${name} needs a comment`),
      [],
    )
  })

  it('have a section for every setting and no other', () => {
    const page = pages.find(({ path }) => path.endsWith('configuration.md'))?.text ?? ''
    const sections = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name)
    assert.deepEqual(sections.sort(), [...settingNames].sort())
  })

  it('have a row for every error and no other', () => {
    const page = pages.find(({ path }) => path.endsWith('errors.md'))?.text ?? ''
    const rows = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)
    assert.deepEqual(rows.sort(), Object.keys(errorTable).sort())
  })
})

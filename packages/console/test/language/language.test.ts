import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chinese } from '../../src/language/chinese.ts'
import { english } from '../../src/language/english.ts'
import { preferredLanguage, sayIn } from '../../src/language/language.ts'

const holesOf = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole)

describe('the languages of the console', () => {
  it('say the same things, with the same holes to fill', () => {
    assert.deepEqual(Object.keys(chinese), Object.keys(english))
    for (const [key, text] of Object.entries(english)) {
      const other = chinese[key as keyof typeof english]
      assert.deepEqual(holesOf(other).sort(), holesOf(text).sort(), key)
      assert.notEqual(other, '', key)
    }
  })

  it('are chosen by what the browser prefers, and English otherwise', () => {
    assert.equal(preferredLanguage(['zh-CN', 'en']), 'zh')
    assert.equal(preferredLanguage(['fr-FR', 'zh-TW']), 'zh')
    assert.equal(preferredLanguage(['en-GB', 'zh']), 'en')
    assert.equal(preferredLanguage(['fr']), 'en')
    assert.equal(preferredLanguage([]), 'en')
  })

  it('fill in what is given, and show what is missing', () => {
    const say = sayIn('en')
    assert.equal(
      say('delete.messages', { count: 2, name: '{count}' }),
      'Delete 2 messages of {count}?',
    )
    assert.equal(say('send.title'), 'Send to {name}')
  })
})

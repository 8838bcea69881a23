import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConsoleUsers } from '../../../src/config/xml/console-users.ts'
import { readProperties } from '../../../src/config/xml/java-properties.ts'

function valuesOf(text: string): Record<string, string> {
  return Object.fromEntries([...readProperties(text, 'f')].map(([key, { value }]) => [key, value]))
}

describe('a properties file', () => {
  it('is read in all three ways to write an entry', () => {
    assert.deepEqual(valuesOf('a=1\n b : 2\nc 3\nd=\ne\n'), {
      a: '1',
      b: '2',
      c: '3',
      d: '',
      e: '',
    })
  })

  it('has comments, continued lines and escapes', () => {
    const text =
      '# x=1\n  ! y=2\n\na = one, \\\n    two\nb\\:c=\\u0041\\t\\\\\nd=x\\\\\ne=#no comment\n'
    assert.deepEqual(valuesOf(text), { a: 'one, two', 'b:c': 'A\t\\', d: 'x\\', e: '#no comment' })
  })

  it('holds by its last entry of a name, and knows its place', () => {
    const found = readProperties('a=1\r\n\r\n  a=2\r\n', 'f.properties').get('a')
    assert.deepEqual(found, { value: '2', where: 'f.properties:3:3' })
  })
})

describe('jetty-realm.properties', () => {
  it('names users, passwords and roles', () => {
    const { users, problems } = readConsoleUsers('admin: secret, admin, user\nguest: OBF:1v\n', 'r')
    assert.deepEqual(problems, [])
    assert.deepEqual(users, [
      { name: 'admin', password: 'secret', roles: ['admin', 'user'], where: 'r:1:1' },
      { name: 'guest', password: 'OBF:1v', roles: [], where: 'r:2:1' },
    ])
  })

  it('is refused for a user without password or with an empty role', () => {
    const { problems } = readConsoleUsers('a:\nb: hunter2,,x\n', 'r')
    assert.deepEqual(problems, [
      { where: 'r:1:1', message: 'user "a" has no password' },
      { where: 'r:2:1', message: 'user "b": a role is empty' },
    ])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  lastPart,
  parentPath,
  pathPart,
  pathProblem,
} from '../../../src/coordination/zookeeper/path.ts'

describe('node paths', () => {
  it('accepts what ZooKeeper accepts', () => {
    for (const path of ['/', '/a', '/a/b.c', '/...', '/a b', '/ü', '/a..b', '/%2E']) {
      assert.equal(pathProblem(path), null, path)
    }
  })
  it('says what is wrong with the others', () => {
    assert.match(pathProblem('') ?? '', /empty/)
    assert.match(pathProblem('a') ?? '', /begin/)
    assert.match(pathProblem('/a/') ?? '', /ends/)
    assert.match(pathProblem('/a//b') ?? '', /empty part/)
    for (const path of ['/.', '/a/..', '/a/./b']) assert.match(pathProblem(path) ?? '', /relative/)
    for (const path of ['/\u0000', '/\u007f', '/\ud83d\ude00', '/\uf8ff', '/\ufffd']) {
      assert.match(pathProblem(path) ?? '', /character/)
    }
  })
  it('takes paths apart', () => {
    assert.deepEqual([parentPath('/a/b'), parentPath('/a'), parentPath('/')], ['/a', '/', '/'])
    assert.deepEqual([lastPart('/a/b'), lastPart('/a')], ['b', 'a'])
  })
  it('makes one part of any name, and leaves ordinary names as they are', () => {
    assert.equal(pathPart('node01.example-2_x'), 'node01.example-2_x')
    assert.equal(pathPart('..'), '%2E%2E')
    assert.equal(pathPart('a/b'), 'a%2Fb')
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        const part = pathPart(name)
        assert.equal(pathProblem(`/${part}`), null)
        assert.equal(decodeURIComponent(part), name)
      }),
    )
  })
})

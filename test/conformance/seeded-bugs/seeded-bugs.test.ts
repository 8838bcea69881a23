import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { findSeededBug, seededBugs } from '../../simulation/seeded-bugs/all-bugs.ts'
import { applyEdits } from '../../simulation/seeded-bugs/compile-in.mjs'
import { notApplicable, wanted } from '../../simulation/seeded-bugs/coverage.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Syntax errors of the text, in words. The parser keeps them in a field that it does not declare.
 */
function syntaxErrors(path: string, text: string): string[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023)
  const { parseDiagnostics } = tree as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }
  return parseDiagnostics.map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  )
}

describe('seeded bugs', () => {
  it('apply to the sources as they are, and leave them readable', () => {
    for (const bug of seededBugs) {
      const text = readFileSync(join(root, bug.file), 'utf8')
      const broken = applyEdits(text, bug)
      assert.notEqual(broken, text, bug.name)
      assert.deepEqual(syntaxErrors(bug.file, broken), [], bug.name)
    }
  })

  it('leave no trace in the sources', () => {
    const files = new Set(seededBugs.map(({ file }) => file))
    for (const file of files) {
      assert.match(file, /^packages\/\w+\/src\/.*\.ts$/)
      assert.doesNotMatch(readFileSync(join(root, file), 'utf8'), /seeded/i, file)
    }
  })

  it('have names of their own, like sentences', () => {
    const names = seededBugs.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)+$/)
  })

  it('stand for every classical bug and every defect of the ancestor, or a reason is given', () => {
    const covered = new Set(seededBugs.flatMap(({ references }) => references))
    for (const reference of wanted) {
      const isCovered = covered.has(reference)
      assert.notEqual(isCovered, Object.hasOwn(notApplicable, reference), reference)
    }
  })

  it('refer to rules, bugs, defects and checks by the names that these have', () => {
    for (const { name, references } of seededBugs) {
      assert.ok(references.length > 0, name)
      for (const reference of references) {
        assert.match(
          reference,
          /^(R([1-9]|[1-3]\d|4[0-7])|bug ([1-9]|[12]\d|30)|A([1-9]|1[0-2])|C[1-9])$/,
        )
      }
    }
  })

  it('are refused when their text is not found exactly once', () => {
    const bug = { name: 'x', file: 'y.ts', edits: [{ from: 'a', to: 'b' }] }
    assert.equal(applyEdits('cad', bug), 'cbd')
    assert.deepEqual(syntaxErrors('y.ts', 'const a = )'), ['Expression expected.'])
    assert.throws(() => applyEdits('cd', bug), /seeded bug x: found 0 times in y\.ts/)
    assert.throws(() => applyEdits('aa', bug), /found 2 times/)
    assert.throws(() => findSeededBug('no-such-bug'), /there is no seeded bug/)
  })
})

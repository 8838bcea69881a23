import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileJava, javaMissing, runJava } from '../../support/java.ts'
import { MemoryBroker } from '../../support/memory-broker.ts'

const folder = fileURLToPath(new URL('./java', import.meta.url))

/** Names of the scenarios, as the Java sources register them. */
function scenarioNames(): string[] {
  const names: string[] = []
  for (const file of readdirSync(folder)) {
    const source = readFileSync(`${folder}/${file}`, 'utf8')
    for (const match of source.matchAll(/scenarios\.put\("([a-z0-9-]+)"/g))
      names.push(match[1] ?? '')
  }
  for (let version = 1; version <= 12; version++) {
    names.push(`wire-${version}-tight`, `wire-${version}-loose`)
  }
  return names
}

describe("ActiveMQ's Java client", { skip: javaMissing() }, () => {
  const broker = new MemoryBroker()
  let lines: string[] = []

  before(async () => {
    await broker.listen()
    const classPath = await compileJava(folder)
    lines = (await runJava('JmsScenarios', [broker.uri], { classPath })).trim().split('\n')
  })

  after(() => broker.stop())

  for (const name of scenarioNames()) {
    it(name, () => {
      const line = lines.find((each) => new RegExp(`^(ok|failed) ${name}(:|$)`).test(each))
      assert.equal(line, `ok ${name}`)
    })
  }
})

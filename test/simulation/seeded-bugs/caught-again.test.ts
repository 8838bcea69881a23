import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bugFamilies, seededBugs } from './all-bugs.ts'
import { readFindings } from './findings.ts'
import type { Finding } from './findings.ts'
import { hunt } from './hunt.ts'
import type { SeededBug } from './seeded-bug.ts'
import { openWorld, worldNames } from './worlds.ts'
import type { WorldName } from './worlds.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const HUNT = 'node --conditions=quorate-source --import tsx test/simulation/hunt-command.ts'

interface Pair {
  readonly bug: string
  readonly world: WorldName
  readonly seed: number
  readonly failure: string
}

/** Of each family of bugs, and each world, the one that is found first. */
function sample(): readonly Pair[] {
  const findings = readFindings()
  return bugFamilies.flatMap((family) =>
    worldNames.flatMap((world) => {
      const pairs = family.flatMap(({ name }): readonly Pair[] => {
        const { seed, failure }: Partial<Finding> = findings[name]?.[world] ?? {}
        return typeof seed === 'number' ? [{ bug: name, world, seed, failure: failure ?? '' }] : []
      })
      return pairs.sort((a, b) => a.seed - b.seed).slice(0, 1)
    }),
  )
}

/** Which promise was broken, whoever broke it and when. */
function kindOf(failure: string): string {
  const [, invariant, check] = /\(((?:[RS]\d+(?:, )?)+)\)|^(C\d+):/.exec(failure) ?? []
  return invariant ?? check ?? failure.replace(/\d+/g, 'N')
}

/** A test that does not end does not fail: it would only keep everybody waiting. */
const PLAYED_WITHIN_MS = 120_000

/** The test's outcome in a process of its own that has the bug in it; null when it did not end. */
async function playWith({ name, playedIn }: SeededBug): Promise<number | null> {
  const { name: title = '', file = '' } = playedIn ?? {}
  const child = spawn(
    process.execPath,
    [
      '--conditions=quorate-source',
      ...['--import', './test/simulation/seeded-bugs/compile-in.mjs', '--import', 'tsx'],
      ...['--test-name-pattern', `${title}\\b`, file],
    ],
    {
      cwd: root,
      timeout: PLAYED_WITHIN_MS,
      killSignal: 'SIGKILL',
      // Not as a part of the run that this test belongs to: its outcome is its exit code.
      env: { ...process.env, QUORATE_SEEDED_BUG: name, NODE_TEST_CONTEXT: undefined },
      stdio: 'ignore',
    },
  )
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

describe('seeded bugs are caught again', () => {
  for (const { bug, world, seed, failure } of sample()) {
    it(`${bug} by seed ${seed} of ${world}, which is sound without it`, async () => {
      const again = `hunt again: ${HUNT} --world ${world} --bug ${bug}`
      const stale = `the generator or the sources have changed, ${again}`
      const never = new AbortController().signal
      const caught = await hunt({ bug, world, first: seed, seeds: 1 }, never)
      assert.equal(caught.seed, seed, `not found any more: ${stale}`)
      assert.equal(kindOf(caught.failure), kindOf(failure), `fails in another way: ${stale}`)
      const run = await openWorld(world)
      assert.equal(await run(seed), null, 'the history fails without the bug as well')
    })
  }

  for (const bug of seededBugs.filter(({ playedIn }) => playedIn !== undefined)) {
    it(`${bug.name} by ${bug.playedIn?.name}`, async () => {
      assert.equal(await playWith(bug), 1, `${bug.playedIn?.file} does not fail with it`)
    })
  }

  it('of every family', () => {
    const caught = new Set(sample().map(({ bug }) => bug))
    for (const family of bugFamilies) {
      const isPlayed = family.some(({ name, playedIn }) => caught.has(name) || playedIn)
      assert.ok(isPlayed, `the family of ${family[0]?.name}`)
    }
  })
})

/**
 * Writes docs/benchmarks.md from results: npm run bench:page [-- --out FILE] [RESULTS ...], each a
 * folder or a file of bench:store-depth; bench/results/store-depth when none is named.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { benchmarksPage, newestOfEach, unfairnessIn } from './store-depth/page.ts'
import { readResults } from './store-depth/results.ts'

const EXIT_USAGE = 2

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string', default: pathOf('../docs/benchmarks.md') } },
    allowPositionals: true,
  })
  const sources = positionals.length > 0 ? positionals : [pathOf('results/store-depth')]
  const results = newestOfEach(sources.flatMap((source) => readResults(source)))
  if (results.length === 0) throw new Error(`no results in ${sources.join(', ')}`)
  const unfairness = unfairnessIn(readFileSync(pathOf('README.md'), 'utf8'))
  const page = benchmarksPage(results, unfairness)
  const options = await resolveConfig(values.out)
  writeFileSync(values.out, await format(page, { ...options, filepath: values.out }))
  const where = relative(process.cwd(), values.out)
  process.stdout.write(`${where}: ${results.map(({ question }) => question).join(', ')}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = EXIT_USAGE
}

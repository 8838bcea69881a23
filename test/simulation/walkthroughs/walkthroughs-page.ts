import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
export const walkthroughsPagePath = fileURLToPath(
  new URL('../../../docs/internals/walkthroughs.md', import.meta.url),
)

/** A scenario as it stands in its file. */
const scenarioText =
  /scenario\(\s*(['"])(?<title>W\d+ .+?)\1,\s*\{ (?<options>.+?) \},.+?on\.expects\(`\n(?<trace>.*?)\n *`\)/gs

interface Walkthrough {
  readonly number: number
  readonly title: string
  readonly file: string
  readonly options: string
  readonly trace: string
}

const introduction = `# Walk-throughs

Histories that broke other replicated logs, or this one's ancestor, played on whole brokers in the
simulation: real replicas, journals, engines and clients, on a network, disks and clocks that do
what the script says. Each title links to its script, in \`test/simulation/walkthroughs\`; below it
stands what the cluster does, as the test expects it. Invariants are checked after every step, and
in the end everything is mended, clients finish, and the history is judged like any other.

A is the first leader; \`-\` tells what happens to the world around, and what clients hear. \`*\`
stands for whatever is there, \`...\` for lines that do not matter, and lines that begin with \`~\`
come in any order. \`1/6\` is the end of a log: the record 6, of epoch 1. What replicas answer to
questions before an election ("would not vote") is told where it matters.

The page is written by \`node --conditions=quorate-source --import tsx
test/simulation/walkthroughs-command.ts\`, and a test compares it with the scripts; they run with
\`node scripts/run-tests.mjs simulation walkthroughs\`.
`

/** The page, made of what the scripts say. */
export function walkthroughsPage(): string {
  const sections = readWalkthroughs().map(({ title, file, options, trace }) => {
    const [name, ...sentence] = title.split(' ')
    const link = `../../test/simulation/walkthroughs/${file}`
    const heading = `## ${name}: [${sentence.join(' ')}](${link})`
    return `${heading}\n\n${setting(options)}\n\n\`\`\`text\n${trace}\n\`\`\`\n`
  })
  return [introduction, ...sections].join('\n')
}

export function readWalkthroughs(): readonly Walkthrough[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
  const found = files.sort().flatMap((file) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8')
    return [...text.matchAll(scenarioText)].map(({ groups }) => {
      const { title = '', options = '', trace = '' } = groups ?? {}
      const number = Number(/\d+/.exec(title)?.[0])
      return { number, title, file, options, trace: unindented(trace) }
    })
  })
  return found.sort((a, b) => a.number - b.number)
}

function setting(options: string): string {
  const replicas = /replicas: (\d)/.exec(options)?.[1] === '5' ? 'Five' : 'Three'
  const sync = /sync: '(\w+)'/.exec(options)?.[1] ?? 'quorum_disk'
  return `${replicas} replicas, \`sync="${sync}"\`.`
}

function unindented(trace: string): string {
  return trace
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
}

import { escapeCell, limitCell, many, quantity, verdictOf } from './figures.ts'
import type { Figure } from './figures.ts'
import { questionNames } from './options.ts'
import type { QuestionName } from './options.ts'
import { questions } from './questions/questions.ts'
import type { QuestionResult } from './results.ts'

const intro = `# Benchmarks

<!-- Made by \`npm run bench:page\` from the results of \`npm run bench:store-depth\`. -->

What a deep backlog costs: memory, restarts, takeovers, disk, consuming it afterwards, and clients
while a follower catches up. Targets were set before anything was measured, and a missed one is said
to be missed. A number from here says something about the machine that printed it, at that moment.
How each is measured stands in [bench/README.md](../bench/README.md#store-depth); the single values
of every run are in its result.
`

const setting = `Three brokers of this build and the load are processes of one machine, with the
embedded coordination, \`sync: quorum_disk\` and all other settings as they come: a send counts when
two of three have it on disk.`

/** What each question is about, for those who did not ask it. */
const titles: Readonly<Record<QuestionName, string>> = {
  backlog: 'Memory with a backlog in one queue',
  takeover: 'Takeover with the backlog',
  restart: 'Restart with the backlog',
  index: 'Size of the index',
  consume: 'Consuming the backlog',
  'many-queues': 'Memory with the backlog over many queues',
  held: 'Disk that one old message holds',
  'catch-up': 'Clients while a follower catches up',
}

/** The newest result of each question, in the order in which questions are asked. */
export function newestOfEach(results: readonly QuestionResult[]): QuestionResult[] {
  return questionNames.flatMap((name) => {
    const own = results.filter(({ question }) => question === name)
    // Of one day the one that was named last.
    const [newest] = own.reverse().sort((a, b) => b.date.localeCompare(a.date))
    return newest ?? []
  })
}

/** The part of bench/README.md about what may be wrong with the figures of this benchmark. */
export function unfairnessIn(readme: string): string {
  const [, chapter = ''] = readme.split('\n## store-depth\n')
  const [, part] = chapter.split('\n**How it could be unfair**\n')
  if (part === undefined) throw new Error('bench/README.md does not say how it could be unfair')
  return part.split(/\n(?:## |\*\*)/)[0]?.trim() ?? ''
}

/** The page in Markdown. */
export function benchmarksPage(results: readonly QuestionResult[], unfairness: string): string {
  const parts = [
    intro,
    '## Targets',
    setting,
    targetTable(results),
    sizeWarning(results),
    ...results.map(section),
    missing(results),
    '## How it could be unfair',
    unfairness,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`
}

function measured({ measured: value, unit, note }: Figure): string {
  return value === null ? `nothing: ${note ?? 'no reason known'}` : quantity(value, unit)
}

function verdict(figure: Figure): string {
  const said = verdictOf(figure)
  return said === 'missed' ? '**missed**' : said
}

/** Of one question's figures: those that have a target. */
function targetTable(results: readonly QuestionResult[]): string {
  const rows = results.flatMap(({ figures }) =>
    figures
      .filter(({ limit }) => limit !== null)
      .map((figure) => row([figure.what, target(figure), measured(figure), verdict(figure)])),
  )
  return ['| figure | target | measured | verdict |', '|---|---|---|---|', ...rows].join('\n')
}

function target(figure: Pick<Figure, 'limit' | 'unit'>): string {
  return figure.limit?.at === 'most' ? `at most ${limitCell(figure)}` : limitCell(figure)
}

function sizeWarning(results: readonly QuestionResult[]): string {
  const small = results.filter(({ figures }) => figures.some(({ isFullSize }) => !isFullSize))
  if (small.length === 0) return ''
  const names = small.map(({ question }) => titles[question].toLowerCase()).join('; ')
  return (
    `Measured at less than the size that the targets are for: ${names}. ` +
    'A target that is reached at a smaller size proves little.'
  )
}

function section(result: QuestionResult): string {
  const { question, figures, error } = result
  const rows = figures.map((figure) =>
    row([figure.what, target(figure), measured(figure), verdict(figure), detail(figure)]),
  )
  const table = [
    '| figure | target | measured | verdict | |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
  const trouble = error === null ? '' : 'This question could not be answered.\n\n'
  return `## ${titles[question]}\n\n${trouble}${table}\n\n${circumstances(result)}`
}

/** What stands behind a number; a reason that there is none stands in its place already. */
function detail({ measured: value, note }: Figure): string {
  return value === null ? '' : (note ?? '')
}

function circumstances(result: QuestionResult): string {
  const { date, machine, disk, node, commit, command, seconds, config } = result
  const sizes = Object.entries(config).map(([name, value]) => {
    const shown = typeof value === 'number' ? many(value, 3) : value
    return `${name} ${shown}`
  })
  return [
    `Measured on ${date}: ${machine}; ${disk}; Node ${node}; commit ${commit}.`,
    `Sizes: ${sizes.join(', ')}. It took ${many(seconds)} s.`,
    `\n\n    ${command}`,
  ].join('\n')
}

function missing(results: readonly QuestionResult[]): string {
  const asked = new Set(results.map(({ question }) => question))
  const names = questionNames.filter((name) => !asked.has(name))
  if (names.length === 0) return ''
  const lines = names.flatMap((name) =>
    questions[name].limits.map((figure) => `- ${figure.what}: ${target(figure)}`),
  )
  return `## Not measured yet\n\n${lines.join('\n')}`
}

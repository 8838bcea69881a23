import { questions } from './questions.ts'
import type { Question } from './questions.ts'
import { spreadIn } from './race-result.ts'
import type { RaceResult, Started } from './race-result.ts'
import type { Measure } from './sample.ts'
import type { Spread } from './statistics.ts'
import { outcomeOf, targets } from './targets.ts'

/** The whole run in Markdown. */
export function raceTables(result: RaceResult): string {
  return [
    contenderList(result),
    rateTable(result),
    costTable(result),
    targetTable(result),
    failures(result),
    footer(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function contenderList({ started, absent }: RaceResult): string {
  return [
    ...started.map(({ name, version, title, promise }) => {
      return `- **${name}** ${version}: ${title}. A confirmed send is ${promise}.`
    }),
    ...absent.map(({ name, why }) => `- **${name}** is absent: ${why}`),
  ].join('\n')
}

function rateTable(result: RaceResult): string {
  const rows = questionsIn(result).map((question) => [
    question.asks,
    ...result.started.map((one) => answerCell(result, question, one)),
  ])
  return tableOf(['median (least to most)', ...result.started.map(({ name }) => name)], rows)
}

function costTable(result: RaceResult): string {
  const cell = (question: string, one: Started, measure: Measure): string => {
    const spread = spreadIn(result, { question, contender: one.name, measure })
    return spread === null ? '' : quantity(spread.median, measure)
  }
  const rows = questionsIn(result)
    .filter(({ measure }) => measure === 'perSecond')
    .map(({ name, asks }) => [
      asks,
      ...result.started.map((one) => {
        const parts = [cell(name, one, 'cpuSecondsPerMillion'), cell(name, one, 'residentBytes')]
        return parts.filter((part) => part !== '').join(', ')
      }),
    ])
  if (rows.length === 0) return ''
  const titles = ['what it cost all brokers of it', ...result.started.map(({ name }) => name)]
  return tableOf(titles, rows)
}

function targetTable(result: RaceResult): string {
  const rows = targets.flatMap((target) => {
    const outcome = outcomeOf(result, target)
    if (outcome === null) return []
    const { ours, theirs, who, ratio, isReached } = outcome
    const { question, words, measure } = target
    return [
      [
        `${question}: ${words}`,
        `${quantity(ours, measure)} against ${quantity(theirs, measure)} (${who})`,
        `${ratio.toFixed(2)} x`,
        isReached ? 'reached' : '**missed**',
      ],
    ]
  })
  return rows.length === 0 ? '' : tableOf(['target', 'measured', 'ratio', ''], rows)
}

function failures({ measurements }: RaceResult): string {
  return measurements
    .filter(({ error }) => error !== null)
    .map(({ round, question, contender, error }) => {
      return `- round ${round}, ${question}, ${contender} failed: ${error?.split('\n')[0] ?? ''}`
    })
    .join('\n')
}

function footer({ date, machine, disk, node, commit, config }: RaceResult): string {
  const sizes = Object.entries(config).map(([name, value]) => `${name} ${value}`)
  return `${date}; ${machine}; ${disk}; Node ${node}; commit ${commit}; ${sizes.join(', ')}.`
}

/** Those that somebody answered, in their own order. */
export function questionsIn({ measurements }: RaceResult): Question[] {
  return questions.filter(({ name }) => measurements.some(({ question }) => question === name))
}

function answerCell(result: RaceResult, question: Question, one: Started): string {
  const about = { question: question.name, contender: one.name }
  const spread = spreadIn(result, { ...about, measure: question.measure })
  if (spread === null) return ''
  const main = spreadText(spread, question.measure)
  if (question.measure !== 'perSecond') return main
  const p99 = spreadIn(result, { ...about, measure: 'p99Ms' })
  return p99 === null ? main : `${main}, p99 ${quantity(p99.median, 'p99Ms')}`
}

function spreadText({ median, min, max }: Spread, measure: Measure): string {
  const [low, high] = [quantity(min, measure), quantity(max, measure)]
  const middle = quantity(median, measure)
  return low === high ? middle : `${middle} (${low} to ${high})`
}

export function quantity(value: number, measure: Measure): string {
  switch (measure) {
    case 'perSecond':
      return `${Math.round(value).toLocaleString('en-US')}/s`
    case 'residentBytes':
      return `${Math.round(value / 1e6)} MB`
    case 'cpuSecondsPerMillion':
      return `${value.toFixed(1)} s a million`
    case 'generatorBusy':
      return `${Math.round(value * 100)}%`
    default:
      return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`
  }
}

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

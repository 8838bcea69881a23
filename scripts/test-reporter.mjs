// Reporter for node:test: one line a file, failures in full, no summary. The counts go to the file
// that QUORATE_TEST_COUNTS names, for scripts/run-tests.mjs to add up.
import { writeFileSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const colors = process.stdout.isTTY === true
const paint = (code, text) => (colors ? `\u001b[${code}m${text}\u001b[0m` : text)

/** The lines of node:test's own summary. */
const countNames = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo']

function isFileLevel({ name, file, nesting }) {
  return nesting === 0 && name === file
}

function isSkipped({ skip, todo }) {
  return skip !== undefined || todo !== undefined
}

function shown(file) {
  return file === undefined ? '(no file)' : relative(root, file)
}

class Report {
  /** By file: the names of the suites around the test that is reported now. */
  trails = new Map()
  counts = {}
  skips = []

  trailOf(file) {
    if (!this.trails.has(file)) this.trails.set(file, [])
    return this.trails.get(file)
  }

  nameOf({ name, nesting, file }) {
    return [...this.trailOf(file).slice(0, nesting), name].join(' > ')
  }

  handle({ type, data }) {
    if (type === 'test:start') this.trailOf(data.file)[data.nesting] = data.name
    else if (type === 'test:pass') return this.passed(data)
    else if (type === 'test:fail') return this.failed(data)
    else if (type === 'test:complete' && isFileLevel(data)) return this.fileDone(data)
    else if (type === 'test:stdout' || type === 'test:stderr') return data.message
    else if (type === 'test:diagnostic') return this.diagnostic(data)
    return ''
  }

  passed(data) {
    if (!isSkipped(data)) return ''
    const why = [data.skip, data.todo].find((reason) => typeof reason === 'string')
    const name = this.nameOf(data)
    this.skips.push({ file: shown(data.file), name, why: why ?? '' })
    return ''
  }

  failed(data) {
    const { error, type } = data.details
    // A suite that only failed because a test in it did has been told already.
    if (error?.failureType === 'subtestsFailed' || (type === 'suite' && !error?.cause)) return ''
    const what = isFileLevel(data) ? 'the file itself' : this.nameOf(data)
    const cause = error?.cause ?? error
    const text = cause instanceof Error ? stackOf(cause) : inspect(cause)
    const facts = cause instanceof Error && 'actual' in cause ? comparison(cause) : ''
    const place = `${shown(data.file)}${data.line === undefined ? '' : `:${data.line}`}`
    return `${paint(31, `✖ ${place}`)}\n  ${what}\n${indent(text)}\n${facts}`
  }

  /** Comes at once, while passes and failures of a second file wait for those of the first. */
  fileDone(data) {
    const mark = data.details?.error === undefined ? paint(32, '✔') : paint(31, '✖')
    const ms = Math.round(data.details?.duration_ms ?? 0)
    return `${mark} ${shown(data.file)} ${paint(2, `${ms} ms`)}\n`
  }

  diagnostic({ message, nesting, file }) {
    const match = /^(\w+) ([\d.]+)$/.exec(message)
    if (nesting === 0 && match !== null && countNames.includes(match[1])) {
      this.counts[match[1]] = Number(match[2])
      return ''
    }
    if (nesting === 0 && match?.[1] === 'duration_ms') return ''
    return `${paint(2, `  ${file === undefined ? '' : `${basename(file)}: `}${message}`)}\n`
  }
}

/** Without the runner's own frames, which are the same in every failure. */
function stackOf(error) {
  const lines = (error.stack ?? error.message).split('\n')
  return lines.filter((line) => !/^ +at .*node:internal/.test(line)).join('\n')
}

/** The two sides, where the message is the test's own and does not show them. */
function comparison({ actual, expected, generatedMessage }) {
  if (generatedMessage === true || (actual === undefined && expected === undefined)) return ''
  const options = { depth: 6, maxArrayLength: 50, maxStringLength: 2000, colors }
  return indent(`actual   ${inspect(actual, options)}\nexpected ${inspect(expected, options)}\n`)
}

function indent(text) {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

export default async function* testReporter(events) {
  const report = new Report()
  for await (const event of events) {
    const text = report.handle(event)
    if (text !== '' && text !== undefined) yield text
  }
  const { counts, skips } = report
  const path = process.env.QUORATE_TEST_COUNTS
  if (path !== undefined) writeFileSync(path, JSON.stringify({ counts, skips }))
}

import type { DestinationStream } from 'pino'
import picocolors from 'picocolors'

/** Fields that have a place of their own in the line. */
const ownPlace = new Set(['level', 'time', 'msg'])

const LEVEL_WIDTH = 5

type Paint = (text: string) => string

/** Turns pino's JSON lines into `12:03:04.567 info  message key=value`, in local time. */
export class TextLogStream implements DestinationStream {
  readonly #sink: DestinationStream
  readonly #colors: ReturnType<typeof picocolors.createColors>

  constructor(sink: DestinationStream, color: boolean) {
    this.#sink = sink
    this.#colors = picocolors.createColors(color)
  }

  write(line: string): void {
    let fields: unknown
    try {
      fields = JSON.parse(line)
    } catch {
      fields = null
    }
    const readable = typeof fields === 'object' && fields !== null
    this.#sink.write(readable ? this.#format(fields as Record<string, unknown>) : line)
  }

  #format(fields: Record<string, unknown>): string {
    const level = textOf(fields.level)
    const head = `${timeOf(fields.time)} ${this.#paint(level)(level.padEnd(LEVEL_WIDTH))}`
    let line = `${head} ${textOf(fields.msg)}`
    let trace = ''
    for (const [name, value] of Object.entries(fields)) {
      if (ownPlace.has(name)) continue
      const stack = stackOf(value)
      if (stack !== undefined) trace += `\n${stack.replaceAll(/^/gm, '    ')}`
      else line += this.#colors.dim(` ${name}=${shown(value)}`)
    }
    return `${line}${trace}\n`
  }

  #paint(level: string): Paint {
    if (level === 'error') return this.#colors.red
    if (level === 'warn') return this.#colors.yellow
    return level === 'debug' ? this.#colors.dim : this.#colors.green
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function stackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return undefined
  return typeof value.stack === 'string' ? value.stack : undefined
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}

function timeOf(value: unknown): string {
  const time = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(time.getTime())) return '--:--:--.---'
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
  const text = clock.map((part) => String(part).padStart(2, '0')).join(':')
  return `${text}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

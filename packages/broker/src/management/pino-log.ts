import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import type { Log, LogFields } from '@quorate/core/base/log'
import { secretSettings } from '../config/broker-settings.ts'
import { TextLogStream } from './text-log-stream.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'text' | 'json'
  /** Where the lines go; standard output when absent. */
  readonly destination?: DestinationStream
  readonly color?: boolean
}

/** Fields that hold a secret, wherever they stand in a line, two objects deep. */
const redactedPaths = secretSettings.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * A Log that writes through pino: JSON lines, or text for people. Secrets are replaced. Lines are
 * written at once, so that the last ones before a crash are there to read.
 */
export function createPinoLog({ level, format, destination, color = false }: LogOptions): Log {
  const sink = destination ?? pino.destination({ fd: 1, sync: true })
  const stream = format === 'json' ? sink : new TextLogStream(sink, color)
  const logger = pino(
    {
      level,
      customLevels: { audit: AUDIT_LEVEL },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[secret]' },
      serializers: { error: pino.stdSerializers.err },
    },
    stream,
  )
  return new PinoLog(logger)
}

/** Above pino's error, 50: no level leaves it out. */
const AUDIT_LEVEL = 55

class PinoLog implements Log {
  readonly #logger: Logger<'audit'>

  constructor(logger: Logger<'audit'>) {
    this.#logger = logger
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(fields, message)
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(fields, message)
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(fields, message)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(fields, message)
  }

  audit(message: string, fields: LogFields = {}): void {
    this.#logger.audit(fields, message)
  }

  with(fields: LogFields): Log {
    return new PinoLog(this.#logger.child(fields))
  }
}

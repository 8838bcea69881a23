/** Facts that go with a log line. Never secrets, never message bodies. */
export type LogFields = Readonly<Record<string, unknown>>

/** Text logging. Nothing on the way of a message logs. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** Who changed what; written at every level but silence. */
  audit(message: string, fields?: LogFields): void
  /** A log whose lines all carry these fields. */
  with(fields: LogFields): Log
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  audit() {},
  with: () => silentLog,
}

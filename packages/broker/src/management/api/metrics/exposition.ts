/** One number with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** One metric of Prometheus, and how it is read. */
export interface Metric<S> {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Nothing where it is not known at present. */
  readonly samples: (source: S) => readonly Sample[]
}

/** Of the text format, version 0.0.4. */
export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The metrics in Prometheus's text format. */
export function exposition<S>(metrics: readonly Metric<S>[], source: S): string {
  const lines: string[] = []
  for (const { name, type, help, samples } of metrics) {
    const rows = samples(source)
    if (rows.length === 0) continue
    lines.push(`# HELP ${name} ${escapedHelp(help)}`, `# TYPE ${name} ${type}`)
    for (const { labels = {}, value } of rows) lines.push(`${name}${labelText(labels)} ${value}`)
  }
  return `${lines.join('\n')}\n`
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapedLabel(text: string): string {
  return escapedHelp(text).replaceAll('"', '\\"')
}

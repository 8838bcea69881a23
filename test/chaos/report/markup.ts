/** Text that is HTML or SVG already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Value = Markup | readonly Markup[] | string | number

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'number') return String(Number(value.toFixed(2)))
  return typeof value === 'string' ? escaped(value) : value.map(({ text }) => text).join('')
}

/** A template of HTML or SVG: whatever is put in and is no markup itself is escaped. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const texts = values.map(textOf)
  return new Markup(parts.map((part, at) => part + (texts[at] ?? '')).join(''))
}

export const nothing = new Markup('')

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const sheet = readFileSync(new URL('../../src/styles/colors.css', import.meta.url), 'utf8')
const CONTRAST_MIN = 4.5

type Appearance = 'light' | 'dark'

/** `--ink: light-dark(#14202b, #e4ebef);` */
const colors = new Map(
  [...sheet.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const WHITE = { light: '#ffffff', dark: '#ffffff' }

/** Text, and what it stands on. */
const pairs: readonly (readonly [string, string])[] = [
  ...['ink', 'muted', 'accent', 'bad'].flatMap((text) =>
    ['ground', 'surface', 'raised'].map((ground) => [text, ground] as const),
  ),
  ['on-accent', 'accent'],
  ['surface', 'bad'],
  ['surface', 'ink'],
  ['ink', 'accent-soft'],
  ['ink', 'line'],
  ...['good', 'warn', 'bad', 'accent'].map((tone) => [tone, `${tone}-soft`] as const),
  ['side-ink', 'side'],
  ...[0, 1, 2, 3, 4].map((at) => ['white', `node-${at}`] as const),
]

/** Edges by which a control is found, and what they stand on. */
const EDGE_CONTRAST_MIN = 3
const edges = ['ground', 'surface', 'raised'].map((ground) => ['edge', ground] as const)

describe('the colours of the console', () => {
  for (const appearance of ['light', 'dark'] as const satisfies readonly Appearance[]) {
    it(`can be read where it is ${appearance}`, () => {
      const colorOf = (name: string) => (name === 'white' ? WHITE : colors.get(name))?.[appearance]
      const stands = (text: string, ground: string, least: number): void => {
        const measured = contrast(colorOf(text) ?? '', colorOf(ground) ?? '')
        assert.ok(measured >= least, `${text} on ${ground}: ${measured.toFixed(2)}`)
      }
      for (const [text, ground] of pairs) stands(text, ground, CONTRAST_MIN)
      for (const [edge, ground] of edges) stands(edge, ground, EDGE_CONTRAST_MIN)
    })
  }
})

import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

const entries: readonly (readonly [look: string, words: string])[] = [
  ['state up', 'node is up'],
  ['state down', 'node is down'],
  ['state paused', 'node is paused'],
  ['state cut', 'node is cut off'],
  ['state struck', 'node is struck otherwise'],
  ['band', 'fault, with the number of its round; paler while it heals'],
  ['leader hue-0', 'who says that it leads, and in which epoch'],
  ['confirmed', 'confirmed calls a second'],
  ['violation', 'violation'],
  ['silence', 'nothing was confirmed'],
]

/** What the colours of the pictures mean. */
export function legend(): Markup {
  const items = entries.map(
    ([look, words]) =>
      markup`<li><svg viewBox="0 0 22 12" aria-hidden="true"><rect class="${look}" width="22" height="12" rx="2"/></svg>${words}</li>`,
  )
  const line = markup`<li><svg viewBox="0 0 22 12" aria-hidden="true"><polyline class="received" points="0,8 8,3 14,9 22,4"/></svg>messages received a second</li>`
  return markup`<ul class="legend">${items}${line}</ul>`
}

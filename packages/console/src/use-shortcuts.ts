import { useLayoutEffect } from 'preact/hooks'
import { addressOf } from './pages/addresses.ts'
import type { PageName } from './pages/addresses.ts'

/** The second key behind g. */
export const pageKeys: Readonly<Record<PageName, string>> = {
  home: 'h',
  queues: 'q',
  topics: 't',
  subscribers: 's',
  connections: 'c',
  cluster: 'l',
}

/** How long the second key may take, in milliseconds. */
const SECOND_KEY_MS = 1500

/**
 * Listens for keys, but not where somebody writes or decides. From the moment that something is
 * seen: an effect behind the next frame would miss the first keys of somebody quick.
 */
export function useShortcuts(onHelp: () => void): void {
  useLayoutEffect(() => {
    let goesUntilMs = 0
    const pressed = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event
      if (ctrlKey || metaKey || altKey || isTaken(target)) return
      const goes = performance.now() < goesUntilMs
      goesUntilMs = key === 'g' && !goes ? performance.now() + SECOND_KEY_MS : 0
      const isHandled = goes ? go(key) : act(key, onHelp)
      if (isHandled) event.preventDefault()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [onHelp])
}

/** A click beside a dialog takes the focus out of it, and leaves it open. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

function go(key: string): boolean {
  const found = Object.entries(pageKeys).find(([, letter]) => letter === key)
  if (found === undefined) return false
  window.location.hash = addressOf(found[0] as PageName)
  return true
}

function act(key: string, onHelp: () => void): boolean {
  if (key === '?') onHelp()
  else if (key === '/') document.querySelector<HTMLElement>('[data-filter]')?.focus()
  else if (key === 'n') document.querySelector<HTMLElement>('[data-page=forward]')?.click()
  else if (key === 'p') document.querySelector<HTMLElement>('[data-page=back]')?.click()
  else return false
  return true
}

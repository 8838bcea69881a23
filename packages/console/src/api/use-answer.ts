import { useCallback, useEffect, useState } from 'preact/hooks'
import { ask, Problem } from './ask.ts'

export interface Asked<T> {
  /** The last answer; it stays while a later one fails, unless the node leads no longer. */
  readonly answer: T | null
  readonly problem: Problem | null
  /** Asks again now. */
  readonly again: () => void
}

interface Told<T> {
  readonly path: string
  readonly answer: T | null
  readonly problem: Problem | null
}

/**
 * What the API answers to this path, asked again every so many milliseconds while the page is seen.
 * null: nothing is asked. Another path forgets the answer of the one before.
 */
export function useAnswer<T>(path: string | null, everyMs: number): Asked<T> {
  const [told, setTold] = useState<Told<T> | null>(null)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (path === null) return
    const giveUp = new AbortController()
    let timer: number | undefined
    const askOnce = async (): Promise<void> => {
      try {
        const answer = await ask<T>(path, { signal: giveUp.signal })
        if (giveUp.signal.aborted) return
        setTold({ path, answer, problem: null })
      } catch (error) {
        if (giveUp.signal.aborted) return
        const problem = error instanceof Problem ? error : new Problem(0, {})
        setTold((before) => ({
          path,
          answer: before?.path === path && !problem.isNotLeader ? before.answer : null,
          problem,
        }))
      }
      timer = window.setTimeout(next, everyMs)
    }
    const next = (): void => {
      if (document.hidden) timer = window.setTimeout(next, everyMs)
      else void askOnce()
    }
    void askOnce()
    return () => {
      giveUp.abort()
      window.clearTimeout(timer)
    }
  }, [path, everyMs, turn])
  const again = useCallback(() => setTurn((value) => value + 1), [])
  const current = told?.path === path ? told : null
  return { answer: current?.answer ?? null, problem: current?.problem ?? null, again }
}

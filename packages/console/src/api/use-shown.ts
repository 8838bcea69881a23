import { useEffect, useState } from 'preact/hooks'
import type { Asked } from './use-answer.ts'

/**
 * What to show of pages of the same thing: the page before stays in sight until the next one is
 * there, and none of it where the node leads no longer.
 */
export function useShown<T>({ answer, problem }: Asked<T>, thing: string): T | null {
  const [shown, setShown] = useState<T | null>(null)
  useEffect(() => {
    if (answer !== null) setShown(answer)
  }, [answer])
  useEffect(() => setShown(null), [thing])
  return answer ?? (problem?.isNotLeader === true ? null : shown)
}

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Page } from '../api/answers.ts'
import { queryOf } from '../api/ask.ts'
import { useAnswer } from '../api/use-answer.ts'
import type { Asked } from '../api/use-answer.ts'
import { useShown } from '../api/use-shown.ts'
import type { WordKey } from '../language/language.ts'

/** How often a list is asked for again, in milliseconds. */
const LIST_EVERY_MS = 5000
/** How long a filter has to stand before it is asked with, in milliseconds. */
const FILTER_DELAY_MS = 200

export const pageSizes = [50, 100, 250, 500] as const
const PAGE_SIZE_DEFAULT = 100

export interface List<T> extends Asked<Page<T>> {
  readonly items: readonly T[]
  readonly filter: string
  readonly setFilter: (filter: string) => void
  readonly size: number
  readonly setSize: (size: number) => void
  /** Items before this page. */
  readonly offset: number
  readonly next: (() => void) | null
  readonly previous: (() => void) | null
}

/** What stands in place of rows; null: a problem says it. */
export function nothingIn(
  { answer, problem }: Pick<Asked<unknown>, 'answer' | 'problem'>,
  filter = '',
): WordKey | null {
  if (answer === null) return problem === null ? 'list.loading' : null
  return filter === '' ? 'list.none' : 'list.noMatch'
}

/** A list of the API, one page of it at a time; it begins anew when what is asked for changes. */
export function useList<T>(path: string, words: Readonly<Record<string, string>> = {}): List<T> {
  const [filter, setFilter] = useState('')
  const asked = useSettled(filter)
  const [size, setSize] = useState<number>(PAGE_SIZE_DEFAULT)
  const question = path + queryOf({ ...words, filter: asked, limit: size })
  // The cursors of the pages before this one, with the question that they are answers to.
  const [trail, setTrail] = useState<Trail>({ question, cursors: [] })
  const cursors = trail.question === question ? trail.cursors : []
  useEffect(() => setTrail({ question, cursors: [] }), [question])
  const after = cursors.at(-1)
  const url = path + queryOf({ ...words, filter: asked, limit: size, after })
  const told = useAnswer<Page<T>>(url, LIST_EVERY_MS)
  const offset = cursors.length * size
  // Its place stays with a page, as long as it is shown.
  const placed = useMemo(() => told.answer && { page: told.answer, offset }, [told.answer])
  const shown = useShown({ ...told, answer: placed }, path)
  const answer = shown?.page ?? null
  const following = answer?.next ?? null
  const go = (to: readonly string[]): void => setTrail({ question, cursors: to })
  const forward = (cursor: string) => () => {
    // Until the next page is there, the cursor is still the one that has led to it.
    if (told.answer !== null) go([...cursors, cursor])
  }
  return {
    ...told,
    answer,
    items: answer?.items ?? [],
    filter,
    setFilter,
    size,
    setSize,
    offset: shown?.offset ?? offset,
    next: following === null ? null : forward(following),
    previous: cursors.length === 0 ? null : () => go(cursors.slice(0, -1)),
  }
}

interface Trail {
  readonly question: string
  readonly cursors: readonly string[]
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value.trim()), FILTER_DELAY_MS)
    return () => window.clearTimeout(timer)
  }, [value])
  return settled
}

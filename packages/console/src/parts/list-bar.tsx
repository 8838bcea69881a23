import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import { Icon } from './icon.tsx'
import { pageSizes } from './use-list.ts'
import type { List } from './use-list.ts'

/** As long as the API takes it. */
const FILTER_CHARS_MAX = 256

interface ListBarProps {
  readonly list: List<unknown>
  readonly filterLabel: string
  /** What can be done with the list as a whole. */
  readonly children?: ComponentChildren
}

/** Filters a list and begins actions; stands above it. */
export function ListBar({ list, filterLabel, children }: ListBarProps) {
  return (
    <div class="bar">
      <label class="search">
        <Icon name="search" />
        <span class="hidden">{filterLabel}</span>
        <input
          type="search"
          placeholder={filterLabel}
          value={list.filter}
          maxLength={FILTER_CHARS_MAX}
          data-filter
          onInput={({ currentTarget }) => list.setFilter(currentTarget.value)}
        />
      </label>
      <span class="grow" />
      {children}
    </div>
  )
}

/** Walks through the pages of a list; stands below it. */
export function Pager({ list }: { readonly list: List<unknown> }) {
  const say = useSay()
  const id = useId()
  const { items, offset, answer } = list
  const total = answer?.total
  const shown = { from: countText(Math.min(offset + 1, offset + items.length)) }
  const to = countText(offset + items.length)
  return (
    <nav class="pager" aria-label={say('list.pages')}>
      <span aria-live="polite">
        {total !== undefined && say('list.shown', { ...shown, to, count: countText(total) })}
      </span>
      <span class="grow" />
      <label for={id}>{say('list.pageSize')}</label>
      <select
        id={id}
        value={String(list.size)}
        onChange={({ currentTarget }) => list.setSize(Number(currentTarget.value))}
      >
        {pageSizes.map((size) => (
          <option key={size} value={String(size)}>
            {size}
          </option>
        ))}
      </select>
      <PageButton name="back" label={say('list.previous')} go={list.previous} />
      <PageButton name="forward" label={say('list.next')} go={list.next} />
    </nav>
  )
}

interface PageButtonProps {
  readonly name: 'back' | 'forward'
  readonly label: string
  /** null: there is none. */
  readonly go: (() => void) | null
}

export function PageButton({ name, label, go }: PageButtonProps) {
  return (
    <button
      type="button"
      class="small"
      aria-label={label}
      title={label}
      data-page={name}
      disabled={go === null}
      onClick={() => go?.()}
    >
      <Icon name={name} />
    </button>
  )
}

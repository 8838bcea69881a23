import { useEffect, useState } from 'preact/hooks'
import type { MessageAnswer, Page } from '../api/answers.ts'
import { destinationPath, queryOf } from '../api/ask.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useShown } from '../api/use-shown.ts'
import { bytesText, timeText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { Icon } from '../parts/icon.tsx'
import { PageButton } from '../parts/list-bar.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { nothingIn } from '../parts/use-list.ts'
import { addressOf } from './addresses.ts'
import { DeleteMessagesDialog, RelocateDialog } from './message-dialogs.tsx'

const MESSAGES_EVERY_MS = 5000
const MESSAGES_PER_PAGE = 50

interface MessageListProps {
  readonly queue: string
  /** Another number reads the messages again. */
  readonly turn: number
  readonly onChanged: () => void
}

const acts = ['copy', 'move', 'delete'] as const
type Act = (typeof acts)[number]

/** The messages of a queue, in order, and what can be done with those that are chosen. */
export function MessageList({ queue, turn, onChanged }: MessageListProps) {
  const say = useSay()
  const { path, answer, problem, again, back, forward } = useMessages(queue)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [act, setAct] = useState<Act | null>(null)
  useEffect(() => (turn === 0 ? undefined : again()), [turn, again])
  useEffect(() => setChosen(new Set()), [path])
  const items = answer?.items ?? []
  const ids = items.map(({ id }) => id).filter((id) => chosen.has(id))
  const ends = {
    queue,
    ids,
    onClose: () => setAct(null),
    onDone: () => {
      setChosen(new Set())
      again()
      onChanged()
    },
  }
  return (
    <section aria-label={say('messages.list', { name: queue })}>
      <ProblemNote problem={problem} again={again} />
      <div class="bar">
        <span aria-live="polite">{say('messages.selected', { count: ids.length })}</span>
        {acts.map((each) => (
          <ActionButton
            key={each}
            icon={each}
            label={say(`action.${each}`)}
            needs="operator"
            isOff={ids.length === 0}
            isDanger={each === 'delete'}
            onClick={() => setAct(each)}
          />
        ))}
        <span class="grow" />
        <button type="button" onClick={again}>
          <Icon name="refresh" />
          <span>{say('messages.refresh')}</span>
        </button>
        <PageButton name="back" label={say('list.previous')} go={back} />
        <PageButton name="forward" label={say('list.next')} go={forward} />
      </div>
      <DataTable
        caption={say('messages.list', { name: queue })}
        columns={[choiceColumn(say, items, { ids, setChosen }), ...messageColumns(say, queue)]}
        rows={items}
        keyOf={({ id }) => id}
        nothing={nothingIn({ answer, problem })}
      />
      {act === 'delete' && <DeleteMessagesDialog {...ends} />}
      {(act === 'move' || act === 'copy') && <RelocateDialog how={act} {...ends} />}
    </section>
  )
}

/** The messages of one page, and the ways to the next and the one before; null: there is none. */
function useMessages(queue: string) {
  const [trail, setTrail] = useState<readonly string[]>([])
  const query = queryOf({ limit: MESSAGES_PER_PAGE, after: trail.at(-1) })
  const path = `${destinationPath('queue', queue)}/messages${query}`
  const told = useAnswer<Page<MessageAnswer>>(path, MESSAGES_EVERY_MS)
  const answer = useShown(told, queue)
  const next = answer?.next ?? null
  const goOn = (): void => {
    // Until the next page is there, the cursor is still the one that has led to it.
    if (told.answer !== null && next !== null) setTrail([...trail, next])
  }
  return {
    ...told,
    path,
    answer,
    back: trail.length === 0 ? null : () => setTrail(trail.slice(0, -1)),
    forward: next === null ? null : goOn,
  }
}

interface Choice {
  readonly ids: readonly string[]
  readonly setChosen: (ids: ReadonlySet<string>) => void
}

/** One that is not stored has an id of two numbers, and can only be purged. */
function isStored({ id }: Pick<MessageAnswer, 'id'>): boolean {
  return !id.includes('-')
}

function choiceColumn(
  say: Say,
  items: readonly MessageAnswer[],
  { ids, setChosen }: Choice,
): Column<MessageAnswer> {
  const choosable = items.filter(isStored)
  const isAll = choosable.length > 0 && ids.length === choosable.length
  const toggle = (id: string): void => {
    const toggled = new Set(ids)
    if (!toggled.delete(id)) toggled.add(id)
    setChosen(toggled)
  }
  const toggleAll = (): void => setChosen(new Set(isAll ? [] : choosable.map(({ id }) => id)))
  return {
    key: 'choice',
    title: say('list.selectAll'),
    head: (
      <input
        type="checkbox"
        aria-label={say('list.selectAll')}
        title={say('list.selectAll')}
        checked={isAll}
        indeterminate={!isAll && ids.length > 0}
        disabled={choosable.length === 0}
        onChange={toggleAll}
      />
    ),
    cell: ({ id }) => (
      <input
        type="checkbox"
        aria-label={say('list.select', { name: id })}
        title={isStored({ id }) ? undefined : say('messages.notStored')}
        disabled={!isStored({ id })}
        checked={ids.includes(id)}
        onChange={() => toggle(id)}
      />
    ),
  }
}

function messageColumns(say: Say, queue: string): Column<MessageAnswer>[] {
  return [
    {
      key: 'name',
      title: say('column.message'),
      cell: ({ id, messageId }) => <a href={addressOf('queues', queue, id)}>{messageId}</a>,
    },
    { key: 'type', title: say('column.type'), cell: ({ type }) => type },
    {
      key: 'time',
      title: say('column.time'),
      cell: ({ timestamp }) => (timestamp === null ? '' : timeText(timestamp)),
    },
    {
      key: 'priority',
      title: say('column.priority'),
      isNumber: true,
      cell: ({ priority }) => priority,
    },
    {
      key: 'size',
      title: say('column.size'),
      isNumber: true,
      cell: ({ bytes }) => bytesText(bytes),
    },
    {
      key: 'redeliveries',
      title: say('column.redeliveries'),
      isNumber: true,
      cell: ({ redeliveries }) => redeliveries,
    },
    {
      key: 'flags',
      title: say('column.flags'),
      cell: ({ persistent, handedOut }) => (
        <>
          <span class="badge">
            {say(persistent ? 'messages.persistent' : 'messages.transient')}
          </span>
          {handedOut && <span class="badge candidate">{say('messages.handedOut')}</span>}
        </>
      ),
    },
  ]
}

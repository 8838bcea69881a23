import { useState } from 'preact/hooks'
import type { ConsumerAnswer, SubscriptionAnswer } from '../api/answers.ts'
import { ask } from '../api/ask.ts'
import { encoded } from '../api/encoded.ts'
import { bytesText, countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { FormDialog } from '../parts/dialog.tsx'
import { ListBar, Pager } from '../parts/list-bar.tsx'
import { useNotify } from '../parts/notices.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { nothingIn, useList } from '../parts/use-list.ts'

const tabs = ['durable', 'consumers'] as const
type Tab = (typeof tabs)[number]

/** Durable subscriptions, and everybody who consumes now. */
export function SubscribersPage() {
  const say = useSay()
  const [tab, setTab] = useState<Tab>('durable')
  return (
    <>
      <div class="tabs" role="group" aria-label={say('nav.subscribers')}>
        {tabs.map((each) => (
          <button key={each} type="button" aria-pressed={each === tab} onClick={() => setTab(each)}>
            {say(`subscribers.${each}`)}
          </button>
        ))}
      </div>
      {tab === 'durable' ? <Durables /> : <Consumers />}
    </>
  )
}

function Durables() {
  const say = useSay()
  const list = useList<SubscriptionAnswer>('/subscriptions')
  const [leaving, setLeaving] = useState<SubscriptionAnswer | null>(null)
  const actions: Column<SubscriptionAnswer> = {
    key: 'actions',
    title: say('column.actions'),
    cell: (row) => (
      <span class="action-row">
        <ActionButton
          icon="delete"
          label={`${say('action.delete')}: ${row.name}`}
          needs="admin"
          isSmall
          isOff={row.active}
          onClick={() => setLeaving(row)}
        />
      </span>
    ),
  }
  return (
    <>
      <ProblemNote problem={list.problem} again={list.again} />
      <ListBar list={list} filterLabel={say('list.filterAny')} />
      <DataTable
        caption={say('subscribers.durable')}
        columns={[...durableColumns(say), actions]}
        rows={list.items}
        keyOf={({ clientId, name }) => `${clientId}\n${name}`}
        nothing={nothingIn(list, list.filter)}
      />
      <Pager list={list} />
      {leaving !== null && (
        <UnsubscribeDialog
          subscription={leaving}
          onClose={() => setLeaving(null)}
          onDone={list.again}
        />
      )}
    </>
  )
}

function durableColumns(say: Say): Column<SubscriptionAnswer>[] {
  const count = (key: 'pending' | 'inFlight' | 'enqueued' | 'dequeued') => ({
    key,
    title: say(`column.${key}`),
    isNumber: true,
    cell: (row: SubscriptionAnswer) => countText(row[key]),
  })
  return [
    { key: 'name', title: say('column.client'), cell: ({ clientId }) => clientId },
    { key: 'subscription', title: say('column.subscription'), cell: ({ name }) => name },
    { key: 'topic', title: say('column.topic'), cell: ({ topic }) => topic },
    {
      key: 'state',
      title: say('column.state'),
      cell: ({ active }) => (
        <span class={active ? 'badge leader' : 'badge'}>
          {say(active ? 'subscribers.active' : 'subscribers.offline')}
        </span>
      ),
    },
    count('pending'),
    {
      key: 'size',
      title: say('column.size'),
      isNumber: true,
      cell: ({ pendingBytes }) => bytesText(pendingBytes),
    },
    ...[count('inFlight'), count('enqueued'), count('dequeued')],
  ]
}

interface UnsubscribeDialogProps {
  readonly subscription: SubscriptionAnswer
  readonly onClose: () => void
  readonly onDone: () => void
}

function UnsubscribeDialog({ subscription, onClose, onDone }: UnsubscribeDialogProps) {
  const say = useSay()
  const notify = useNotify()
  const { clientId, name, pending } = subscription
  const perform = async (): Promise<void> => {
    const path = `/subscriptions/${encoded(clientId)}/${encoded(name)}`
    await ask(path, { method: 'DELETE' })
    notify(say('delete.subscription.done', { name }))
    onDone()
  }
  return (
    <FormDialog
      title={say('delete.subscription', { name, client: clientId })}
      verb={say('action.delete')}
      perform={perform}
      onClose={onClose}
      isDanger
    >
      <p>{say('delete.subscription.text', { count: countText(pending) })}</p>
    </FormDialog>
  )
}

function Consumers() {
  const say = useSay()
  const list = useList<ConsumerAnswer>('/consumers')
  return (
    <>
      <ProblemNote problem={list.problem} again={list.again} />
      <ListBar list={list} filterLabel={say('list.filterAny')} />
      <DataTable
        caption={say('subscribers.consumers')}
        columns={consumerColumns(say)}
        rows={list.items}
        keyOf={({ consumerId }) => consumerId}
        nothing={nothingIn(list, list.filter)}
      />
      <Pager list={list} />
    </>
  )
}

function consumerColumns(say: Say): Column<ConsumerAnswer>[] {
  const marks = ({ browser, exclusive, durableName }: ConsumerAnswer) =>
    [
      browser ? say('subscribers.browser') : '',
      exclusive ? say('subscribers.exclusive') : '',
      durableName === '' ? '' : `${say('subscribers.durableMark')}: ${durableName}`,
    ].filter((mark) => mark !== '')
  return [
    { key: 'name', title: say('column.destination'), cell: ({ destination }) => destination },
    { key: 'client', title: say('column.client'), cell: ({ clientId }) => clientId },
    { key: 'connection', title: say('column.connection'), cell: (row) => row.connectionId },
    { key: 'selector', title: say('column.selector'), cell: (row) => <code>{row.selector}</code> },
    {
      key: 'flags',
      title: say('column.flags'),
      cell: (row) => marks(row).map((mark) => <span class="badge">{mark}</span>),
    },
    {
      key: 'prefetch',
      title: say('column.prefetch'),
      isNumber: true,
      cell: ({ prefetch }) => countText(prefetch),
    },
    {
      key: 'inFlight',
      title: say('column.inFlight'),
      isNumber: true,
      cell: ({ inFlight }) => countText(inFlight),
    },
  ]
}

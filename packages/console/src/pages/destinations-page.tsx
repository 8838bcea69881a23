import { useMemo, useState } from 'preact/hooks'
import type { DestinationAnswer } from '../api/answers.ts'
import { useLive, useWatched } from '../api/use-live.ts'
import { useSay } from '../language/language.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import type { Column, Order } from '../parts/data-table.tsx'
import { ListBar, Pager } from '../parts/list-bar.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { nothingIn, useList } from '../parts/use-list.ts'
import { destinationColumns, rowOf } from './destination-columns.tsx'
import type { DestinationRow, DestinationSort } from './destination-columns.tsx'
import { CreateDialog, DeleteDialog, PurgeDialog } from './destination-dialogs.tsx'
import { SendDialog } from './send-dialog.tsx'

type Intent =
  | { readonly act: 'create' }
  | { readonly act: 'send' | 'purge' | 'delete'; readonly on: DestinationAnswer }

/** All queues, or all topics. */
export function DestinationsPage({ kind }: { readonly kind: 'queue' | 'topic' }) {
  const say = useSay()
  const [order, setOrder] = useState<Order<DestinationSort>>({ by: 'name', isDescending: false })
  const [intent, setIntent] = useState<Intent | null>(null)
  const list = useList<DestinationAnswer>('/destinations', {
    kind,
    sort: order.by,
    order: order.isDescending ? 'descending' : 'ascending',
  })
  const { items, filter, problem, again } = list
  useWatched(useMemo(() => items.map(({ destination }) => destination), [items]))
  const live = useLive()
  const rows = items.map((listed) => rowOf(listed, live))
  const columns = [...destinationColumns(say, kind), actionsColumn(kind, say, setIntent)]
  const title = say(kind === 'queue' ? 'nav.queues' : 'nav.topics')
  return (
    <>
      <ProblemNote problem={problem} again={again} />
      <ListBar list={list} filterLabel={say('list.filter')}>
        <ActionButton
          icon="plus"
          label={say(kind === 'queue' ? 'queues.create' : 'topics.create')}
          needs="admin"
          onClick={() => setIntent({ act: 'create' })}
        />
      </ListBar>
      <DataTable
        caption={title}
        columns={columns}
        rows={rows}
        keyOf={({ facts }) => facts.destination}
        nothing={nothingIn(list, filter)}
        order={order}
        onSort={setOrder}
      />
      <Pager list={list} />
      {intent !== null && (
        <IntentDialog kind={kind} intent={intent} onClose={() => setIntent(null)} onDone={again} />
      )}
    </>
  )
}

function actionsColumn(
  kind: 'queue' | 'topic',
  say: ReturnType<typeof useSay>,
  begin: (intent: Intent) => void,
): Column<DestinationRow, DestinationSort> {
  const acts =
    kind === 'queue' ? (['send', 'purge', 'delete'] as const) : (['send', 'delete'] as const)
  return {
    key: 'actions',
    title: say('column.actions'),
    cell: ({ facts }) => (
      <span class="action-row">
        {acts.map((act) => (
          <ActionButton
            key={act}
            icon={act}
            label={`${say(`action.${act}`)}: ${facts.name}`}
            needs={act === 'delete' ? 'admin' : 'operator'}
            isSmall
            onClick={() => begin({ act, on: facts })}
          />
        ))}
      </span>
    ),
  }
}

interface IntentDialogProps {
  readonly kind: 'queue' | 'topic'
  readonly intent: Intent
  readonly onClose: () => void
  readonly onDone: () => void
}

function IntentDialog({ kind, intent, onClose, onDone }: IntentDialogProps) {
  const common = { onClose, onDone }
  if (intent.act === 'create') return <CreateDialog kind={kind} {...common} />
  const { on } = intent
  if (intent.act === 'send') return <SendDialog to={on} {...common} />
  if (intent.act === 'purge') return <PurgeDialog queue={on} {...common} />
  return <DeleteDialog destination={on} {...common} />
}

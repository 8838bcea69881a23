import type { ConnectionAnswer } from '../api/answers.ts'
import { countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'
import { ListBar, Pager } from '../parts/list-bar.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { nothingIn, useList } from '../parts/use-list.ts'

/** Clients that are connected. */
export function ConnectionsPage() {
  const say = useSay()
  const list = useList<ConnectionAnswer>('/connections')
  return (
    <>
      <ProblemNote problem={list.problem} again={list.again} />
      <ListBar list={list} filterLabel={say('list.filterAny')} />
      <DataTable
        caption={say('nav.connections')}
        columns={connectionColumns(say)}
        rows={list.items}
        keyOf={({ connectionId }) => connectionId}
        nothing={nothingIn(list, list.filter)}
      />
      <Pager list={list} />
    </>
  )
}

function connectionColumns(say: Say): Column<ConnectionAnswer>[] {
  const count = (key: 'consumers' | 'transactions') => ({
    key,
    title: say(`column.${key}`),
    isNumber: true,
    cell: (row: ConnectionAnswer) => countText(row[key]),
  })
  return [
    { key: 'name', title: say('column.connection'), cell: ({ connectionId }) => connectionId },
    { key: 'client', title: say('column.client'), cell: ({ clientId }) => clientId },
    { key: 'user', title: say('column.user'), cell: ({ userName }) => userName },
    { key: 'address', title: say('column.address'), cell: ({ remoteAddress }) => remoteAddress },
    ...[count('consumers'), count('transactions')],
  ]
}

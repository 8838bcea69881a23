import type { AnnouncedCluster, AnnouncedMember } from '../api/answers.ts'
import { countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'

/** What `zkCli` would show: who is there, where the logs end, and who is elected. */
export function AnnouncedMembers({ announced }: { readonly announced: AnnouncedCluster }) {
  const say = useSay()
  const { path, elected, members } = announced
  return (
    <section aria-labelledby="cluster-announced">
      <h2 id="cluster-announced">{say('cluster.announced')}</h2>
      <p class="muted break">{say('cluster.announcedAs', { path })}</p>
      <DataTable
        caption={say('cluster.announced')}
        columns={memberColumns(say, elected)}
        rows={members}
        keyOf={({ nodeId }) => nodeId}
        nothing="cluster.noMembers"
      />
    </section>
  )
}

function memberColumns(say: Say, elected: AnnouncedCluster['elected']): Column<AnnouncedMember>[] {
  const count = (
    key: string,
    title: string,
    of: (member: AnnouncedMember) => number,
  ): Column<AnnouncedMember> => {
    return { key, title, isNumber: true, cell: (member) => countText(of(member)) }
  }
  return [
    {
      key: 'name',
      title: say('home.node'),
      cell: ({ nodeId }) => (
        <>
          {nodeId}{' '}
          {elected?.nodeId === nodeId && (
            <span class="badge leader">{say('cluster.elected', { epoch: elected.epoch })}</span>
          )}
        </>
      ),
    },
    { key: 'state', title: say('cluster.state'), cell: ({ state }) => state },
    count('epoch', say('cluster.lastEpoch'), ({ lastEpoch }) => lastEpoch),
    count('record', say('cluster.record'), ({ lastIndex }) => lastIndex),
    count('position', say('cluster.position'), ({ position }) => position),
    count('weight', say('cluster.weight'), ({ weight }) => weight),
  ]
}

import type { Election } from '../api/answers.ts'
import { useAnswer } from '../api/use-answer.ts'
import { durationText, timeText } from '../figures/format.ts'
import { reignsOf } from '../figures/reigns.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { DataTable } from '../parts/data-table.tsx'
import type { Column } from '../parts/data-table.tsx'

const ELECTIONS_EVERY_MS = 5000
/** Colours of the style sheet for nodes. */
const NODE_COLORS = 5

interface ElectionsAnswer {
  readonly elections: readonly Election[]
}

/** Who was elected when and why, as the nodes remember it. */
export function Elections({ nodes }: { readonly nodes: readonly string[] }) {
  const { answer } = useAnswer<ElectionsAnswer>('/cluster/elections', ELECTIONS_EVERY_MS)
  if (answer === null) return null
  return <ElectionHistory elections={answer.elections} nodes={nodes} nowMs={Date.now()} />
}

interface ElectionHistoryProps {
  /** The oldest first. */
  readonly elections: readonly Election[]
  readonly nodes: readonly string[]
  readonly nowMs: number
}

export function ElectionHistory({ elections, nodes, nowMs }: ElectionHistoryProps) {
  const say = useSay()
  return (
    <section aria-labelledby="cluster-elections">
      <h2 id="cluster-elections">{say('cluster.elections')}</h2>
      {elections.length > 0 && <Timeline {...{ elections, nodes, nowMs }} />}
      <DataTable
        caption={say('cluster.elections')}
        columns={electionColumns(say)}
        rows={[...elections].reverse()}
        keyOf={({ epoch, noticedAt }) => `${epoch} ${noticedAt}`}
        nothing="cluster.noElections"
      />
    </section>
  )
}

function Timeline({ elections, nodes, nowMs }: ElectionHistoryProps) {
  const say = useSay()
  const colorOf = (leader: string | null): string => {
    if (leader === null) return 'nobody'
    return `node-color-${Math.max(0, nodes.indexOf(leader)) % NODE_COLORS}`
  }
  const percent = (part: number): string => `${(100 * part).toFixed(3)}%`
  const from = elections[0]?.noticedAt ?? ''
  return (
    <figure class="panel timeline">
      <figcaption>{say('cluster.timeline')}</figcaption>
      <div class="track" role="img" aria-label={say('cluster.timeline')}>
        {reignsOf(elections, nowMs).map(({ epoch, leader, begin, length }) => (
          <div
            key={`${epoch} ${leader ?? ''}`}
            class={`reign ${colorOf(leader)}`}
            style={{ left: percent(begin), width: percent(length) }}
            title={`${leader ?? say('cluster.noLeader')} · ${epoch}`}
          >
            {leader}
          </div>
        ))}
      </div>
      <div class="ends">
        <time dateTime={from}>{timeText(from)}</time>
        <span>{say('cluster.now')}</span>
      </div>
    </figure>
  )
}

function electionColumns(say: Say): Column<Election>[] {
  return [
    { key: 'priority', title: say('cluster.epoch'), isNumber: true, cell: ({ epoch }) => epoch },
    {
      key: 'name',
      title: say('cluster.leader'),
      cell: ({ leader }) => leader ?? say('cluster.noLeader'),
    },
    {
      key: 'cause',
      title: say('cluster.cause'),
      cell: ({ cause, seenBy }) => say(`cause.${cause}`, { node: seenBy }),
    },
    {
      key: 'time',
      title: say('cluster.noticed'),
      cell: ({ noticedAt }) => timeText(noticedAt),
    },
    {
      key: 'duration',
      title: say('cluster.duration'),
      isNumber: true,
      cell: ({ durationMs }) =>
        durationMs === null ? say('cluster.notServed') : durationText(durationMs),
    },
  ]
}

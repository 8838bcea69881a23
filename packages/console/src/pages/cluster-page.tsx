import { useEffect, useState } from 'preact/hooks'
import type { NodeReport } from '../api/answers.ts'
import { useAnswer } from '../api/use-answer.ts'
import { leaderIn, quorumOf } from '../figures/cluster-picture.ts'
import { timeText } from '../figures/format.ts'
import { withPosition } from '../figures/lag.ts'
import type { PositionSample } from '../figures/lag.ts'
import { useSay } from '../language/language.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { AnnouncedMembers } from './announced-members.tsx'
import { Elections } from './elections.tsx'
import { NodeCard } from './node-card.tsx'

/** How often the nodes are asked, in milliseconds. */
const NODES_EVERY_MS = 2000

interface NodesAnswer {
  readonly items: readonly NodeReport[]
}

/** Every node, who leads, how many may fail, and what there was. The same on every node. */
export function ClusterPage() {
  const say = useSay()
  const { answer, problem, again } = useAnswer<NodesAnswer>('/cluster/nodes', NODES_EVERY_MS)
  const reports = answer?.items ?? []
  const leader = leaderIn(reports)
  const positions = usePositions(answer, leader?.log.position ?? null)
  const own = reports.find(({ isThis }) => isThis)?.status ?? null
  const losses = (leader ?? own)?.possibleLosses ?? []
  return (
    <>
      <ProblemNote problem={problem} again={again} />
      {answer !== null && <Summary reports={reports} />}
      <section aria-labelledby="cluster-nodes">
        <h2 id="cluster-nodes">{say('cluster.nodes')}</h2>
        <div class="nodes">
          {reports.map((report) => (
            <NodeCard key={report.nodeId} report={report} leader={leader} positions={positions} />
          ))}
        </div>
      </section>
      {own?.announced != null && <AnnouncedMembers announced={own.announced} />}
      <Elections nodes={reports.map(({ nodeId }) => nodeId)} />
      {losses.length > 0 && (
        <section class="panel" aria-labelledby="cluster-losses">
          <h2 id="cluster-losses">{say('cluster.losses')}</h2>
          <ul class="losses">
            {losses.map((loss) => (
              <li key={loss.epoch}>
                {say('cluster.loss', { epoch: loss.epoch, leader: loss.leader })}{' '}
                {loss.since !== null && <time dateTime={loss.since}>{timeText(loss.since)}</time>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

/** Where the leader's log ended, each time the nodes were asked. */
function usePositions(
  answer: NodesAnswer | null,
  position: number | null,
): readonly PositionSample[] {
  const [positions, setPositions] = useState<readonly PositionSample[]>([])
  useEffect(() => {
    if (position === null) return
    setPositions((now) => withPosition(now, { atMs: performance.now(), position }))
  }, [answer, position])
  return positions
}

function Summary({ reports }: { readonly reports: readonly NodeReport[] }) {
  const say = useSay()
  const leader = leaderIn(reports)
  const { seats, quorum, inStep, mayFail } = quorumOf(reports)
  const own = reports.find(({ isThis }) => isThis)?.status ?? null
  const tone = mayFail === null ? 'bad' : mayFail === 0 && seats > 1 ? 'warn' : 'good'
  const margin =
    mayFail === null
      ? say('cluster.noQuorum')
      : mayFail === 0
        ? say('cluster.mayFailNone')
        : say('cluster.mayFail', { count: mayFail })
  return (
    <div class="summary" aria-live="polite">
      <section class={`panel headline ${tone}`} aria-labelledby="cluster-quorum">
        <h2 id="cluster-quorum">{say('cluster.quorum')}</h2>
        <p class="big" data-fact="margin">
          {margin}
        </p>
        <SeatDots seats={seats} filled={inStep ?? 0} quorum={quorum} />
        <p class="muted">
          {inStep !== null && `${say('cluster.inStep', { count: inStep, seats })} · `}
          {say('cluster.needs', { quorum })}
        </p>
      </section>
      <section class="panel headline" aria-labelledby="cluster-leader">
        <h2 id="cluster-leader">{say('cluster.leader')}</h2>
        <p class="big" data-fact="leader">
          {leader?.nodeId ?? say('cluster.nobody')}
        </p>
        {leader !== null && (
          <p class="muted">
            {say('cluster.leads', { node: leader.nodeId, epoch: leader.epoch })}
            <br />
            {say('cluster.sync')} <code>{leader.sync}</code>
          </p>
        )}
      </section>
      <section class="panel headline" aria-labelledby="cluster-zookeeper">
        <h2 id="cluster-zookeeper">{say('cluster.coordination')}</h2>
        <p class="big">{say('cluster.session', { state: own?.coordination.state ?? '' })}</p>
        <p class="muted break">{own?.coordination.address}</p>
      </section>
    </div>
  )
}

interface SeatDotsProps {
  readonly seats: number
  readonly filled: number
  readonly quorum: number
}

/** A dot for each seat; the line stands where a quorum ends. */
function SeatDots({ seats, filled, quorum }: SeatDotsProps) {
  return (
    <div class="seats" aria-hidden="true">
      {Array.from({ length: seats }, (_, at) => (
        <>
          {at === quorum && <i class="quorum-line" />}
          <i class={at < filled ? 'seat filled' : 'seat'} />
        </>
      ))}
    </div>
  )
}

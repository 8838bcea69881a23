import type { ComponentChildren } from 'preact'
import type { BrokerStatus, NodeReport } from '../api/answers.ts'
import { followerIn } from '../figures/cluster-picture.ts'
import { bytesText, countText, durationText } from '../figures/format.ts'
import { lagSeconds } from '../figures/lag.ts'
import type { PositionSample } from '../figures/lag.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { Meter } from '../parts/meter.tsx'
import { RoleBadge } from '../parts/role-badge.tsx'

interface NodeCardProps {
  readonly report: NodeReport
  /** Who leads, as the nodes say. */
  readonly leader: BrokerStatus | null
  readonly positions: readonly PositionSample[]
}

/** One node: what it says of itself, and what the leader says of it. */
export function NodeCard({ report, leader, positions }: NodeCardProps) {
  const say = useSay()
  const { nodeId, isThis, hasSeat, consoleUrl, status } = report
  const leads = leader?.nodeId === nodeId
  return (
    <article
      class={`panel node ${leads ? 'leads' : ''} ${status === null ? 'silent' : ''}`}
      data-node={nodeId}
    >
      <header>
        <h3>{nodeId}</h3>
        <RoleBadge role={status?.role ?? null} />
        {isThis && <span class="badge">{say('cluster.this')}</span>}
        {!hasSeat && <span class="badge candidate">{say('cluster.noSeat')}</span>}
      </header>
      {status?.trouble != null && (
        <p class="wrong">
          {say('cluster.trouble')}: {status.trouble}
        </p>
      )}
      <dl class="facts">
        {status !== null && <StatusFacts status={status} />}
        {!leads && leader !== null && (
          <LagFacts leader={leader} report={report} positions={positions} />
        )}
        {consoleUrl !== null && (
          <Fact label={say('cluster.console')}>
            <a href={`${consoleUrl}/console/#/cluster`}>{consoleUrl}</a>
          </Fact>
        )}
      </dl>
      {status?.store != null && (
        <Meter
          label={say('cluster.disk')}
          percent={status.store.percentUsed}
          text={say('home.of', {
            used: bytesText(status.store.usedBytes),
            limit: bytesText(status.store.limitBytes),
          })}
        />
      )}
    </article>
  )
}

function Fact({
  label,
  children,
}: {
  readonly label: string
  readonly children: ComponentChildren
}) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  )
}

function StatusFacts({ status }: { readonly status: BrokerStatus }) {
  const say = useSay()
  const { epoch, log, uptimeMs, coordination, build } = status
  return (
    <>
      <Fact label={say('cluster.epoch')}>{epoch}</Fact>
      <Fact label={say('cluster.position')}>{countText(log.position)}</Fact>
      <Fact label={say('cluster.record')}>{countText(log.index)}</Fact>
      <Fact label={say('cluster.zookeeper')}>
        {say('cluster.session', { state: coordination.state })}
      </Fact>
      <Fact label={say('cluster.uptime')}>{durationText(uptimeMs)}</Fact>
      <Fact label={say('cluster.version')}>{build}</Fact>
    </>
  )
}

interface LagFactsProps {
  readonly leader: BrokerStatus
  readonly report: NodeReport
  readonly positions: readonly PositionSample[]
}

/** How far it is behind: in bytes as the leader says, in time by where the log ended when. */
function LagFacts({ leader, report, positions }: LagFactsProps) {
  const say = useSay()
  const follower = followerIn(leader, report.nodeId)
  const knows = follower?.connected === true
  const lagBytes = knows ? follower.lagBytes : null
  const catchUp = follower?.catchUp ?? null
  return (
    <>
      <Fact label={say('cluster.lag')}>
        {lagBytes === null ? say('value.unknown') : bytesText(lagBytes)}
        {follower?.state === 'suspect' && ` · ${say('cluster.suspect')}`}
      </Fact>
      <Fact label={say('cluster.lagTime')}>
        {lagBytes === null
          ? say('value.unknown')
          : lagText(say, lagBytes, lagSeconds(positions, leader.log.position - lagBytes))}
        {catchUp !== null && ` · ${say('cluster.catchUp', { percent: catchUp.percent })}`}
      </Fact>
    </>
  )
}

function lagText(say: Say, bytes: number, seconds: number | null): string {
  if (bytes === 0) return say('cluster.inStepNow')
  if (seconds === null) return say('cluster.longer')
  return seconds === 0 ? say('cluster.moment') : durationText(seconds * 1000)
}

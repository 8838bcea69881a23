import type { BrokerStatus, NodeFacts } from '../api/answers.ts'
import type { Sample } from '../api/live.ts'
import { HISTORY_SECONDS_MAX } from '../api/limits.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useLive } from '../api/use-live.ts'
import { bytesText, countText, durationText, rateText } from '../figures/format.ts'
import { latest, ratesOf } from '../figures/rates.ts'
import { useSay } from '../language/language.ts'
import type { WordKey } from '../language/language.ts'
import { Chart } from '../parts/chart.tsx'
import { Meter } from '../parts/meter.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { RoleBadge } from '../parts/role-badge.tsx'
import { Sparkline } from '../parts/sparkline.tsx'

/** How often what the stream does not tell is asked for, in milliseconds. */
const STATUS_EVERY_MS = 5000
const TILE_SECONDS = 60

/** What the broker is, how busy, and how full. */
export function HomePage({ theme }: { readonly theme: string }) {
  const { node, nodeHistory } = useLive()
  const { answer: status, problem, again } = useAnswer<BrokerStatus>('/status', STATUS_EVERY_MS)
  const leads = node?.role === 'leader'
  return (
    <>
      <ProblemNote problem={problem} again={again} />
      {leads && <Tiles history={nodeHistory} />}
      <div class="home-grid">
        <Charts history={nodeHistory} leads={leads} theme={theme} />
        <div class="column">
          {status !== null && <BrokerPanel status={status} />}
          {status !== null && <UsagePanel status={status} />}
        </div>
      </div>
    </>
  )
}

type History = readonly Sample<NodeFacts>[]

function Tiles({ history }: { readonly history: History }) {
  const say = useSay()
  const recent = history.slice(-TILE_SECONDS)
  const inRates = ratesOf(history, (facts) => facts.enqueuedMessages).slice(-TILE_SECONDS)
  const outRates = ratesOf(history, (facts) => facts.dequeuedMessages).slice(-TILE_SECONDS)
  const of = (figure: (facts: NodeFacts) => number) => recent.map(({ facts }) => figure(facts))
  const tiles = [
    { key: 'home.waiting', values: of((facts) => facts.waitingMessages), tone: 'plain' },
    { key: 'home.in', values: inRates, tone: 'in', format: rateText },
    { key: 'home.out', values: outRates, tone: 'out', format: rateText },
    { key: 'home.connections', values: of((facts) => facts.connections), tone: 'plain' },
    { key: 'home.consumers', values: of((facts) => facts.consumers), tone: 'plain' },
    { key: 'home.destinations', values: of((facts) => facts.destinations), tone: 'plain' },
  ] as const
  return (
    <dl class="tiles">
      {tiles.map((tile) => (
        <div class="tile panel" key={tile.key} data-tile={tile.key}>
          <dt>{say(tile.key)}</dt>
          <dd>
            {'format' in tile ? tile.format(latest(tile.values)) : countText(latest(tile.values))}
          </dd>
          <Sparkline values={tile.values} span={TILE_SECONDS} tone={tile.tone} />
        </div>
      ))}
    </dl>
  )
}

interface ChartsProps {
  readonly history: History
  readonly leads: boolean
  readonly theme: string
}

function Charts({ history, leads, theme }: ChartsProps) {
  const say = useSay()
  const nowMs = history.at(-1)?.atMs ?? 0
  const common = {
    theme,
    seconds: history.map(({ atMs }) => (atMs - nowMs) / 1000),
    span: HISTORY_SECONDS_MAX,
  }
  const counted = (counter: (facts: NodeFacts) => number) => ratesOf(history, counter)
  const inRates = counted((facts) => facts.enqueuedMessages)
  const outRates = counted((facts) => facts.dequeuedMessages)
  const waiting = history.map(({ facts }) => facts.waitingMessages)
  const log = counted((facts) => facts.position)
  return (
    <div class="column">
      {leads && (
        <Chart
          {...common}
          title={say('home.rates')}
          format={rateText}
          series={[
            { label: say('home.series.in'), color: 'chart-in', values: inRates },
            { label: say('home.series.out'), color: 'chart-out', values: outRates },
          ]}
        />
      )}
      {leads && (
        <Chart
          {...common}
          title={say('home.depth')}
          format={countText}
          series={[{ label: say('home.series.waiting'), color: 'chart-plain', values: waiting }]}
        />
      )}
      <Chart
        {...common}
        title={say('home.log')}
        format={bytesText}
        series={[{ label: say('home.series.log'), color: 'chart-log', values: log }]}
      />
    </div>
  )
}

function BrokerPanel({ status }: { readonly status: BrokerStatus }) {
  const say = useSay()
  const rows: readonly (readonly [WordKey, string])[] = [
    ['home.name', status.brokerName],
    ['home.node', status.nodeId],
    ['home.version', status.build],
    ['home.uptime', durationText(status.uptimeMs)],
    ['home.epoch', String(status.epoch)],
    ['home.sync', status.sync],
    ['home.clients', status.clientUris.join(', ')],
    ['home.trouble', status.trouble ?? say('home.none')],
  ]
  return (
    <section class="panel" aria-labelledby="home-broker">
      <h2 id="home-broker">{say('home.broker')}</h2>
      <dl class="facts">
        <dt>{say('home.role')}</dt>
        <dd>
          <RoleBadge role={status.role} />
        </dd>
        {rows.map(([key, value]) => (
          <>
            <dt key={key}>{say(key)}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function UsagePanel({ status: { flow, store } }: { readonly status: BrokerStatus }) {
  const say = useSay()
  const used = (usedBytes: number, limitBytes: number) =>
    limitBytes > 0
      ? say('home.of', { used: bytesText(usedBytes), limit: bytesText(limitBytes) })
      : say('home.unlimited', { used: bytesText(usedBytes) })
  const temporary = flow?.temporary ?? null
  return (
    <section class="panel" aria-labelledby="home-usage">
      <h2 id="home-usage">{say('home.usage')}</h2>
      {store !== null && (
        <Meter
          label={say('home.store')}
          percent={store.percentUsed}
          text={used(store.usedBytes, store.limitBytes)}
        />
      )}
      {flow !== null && (
        <Meter
          label={say('home.memory')}
          percent={percentOf(flow.memoryUsedBytes, flow.memoryLimitBytes)}
          text={used(flow.memoryUsedBytes, flow.memoryLimitBytes)}
        />
      )}
      {temporary !== null && (
        <Meter
          label={say('home.temporary')}
          percent={temporary.percentUsed}
          text={used(temporary.usedBytes, temporary.limitBytes)}
        />
      )}
      {store?.blocksSenders === true && (
        <p class="wrong" role="alert">
          {say('home.blocked')}
        </p>
      )}
    </section>
  )
}

function percentOf(used: number, limit: number): number | null {
  return limit === 0 ? null : (100 * used) / limit
}

import { useContext } from 'preact/hooks'
import { CallerContext } from './api/use-caller.ts'
import { useLive } from './api/use-live.ts'
import { useSay } from './language/language.ts'
import { RoleBadge } from './parts/role-badge.tsx'

/** What page this is, of which node, whether it is up to date, and who looks. */
export function HeadLine({ title }: { readonly title: string }) {
  const say = useSay()
  const { node, state } = useLive()
  const caller = useContext(CallerContext)
  const who = caller === null || caller.name === '' ? say('app.nobody') : caller.name
  return (
    <header class="head">
      <h1>{title}</h1>
      <span class="grow" />
      {node !== null && (
        <span class="node-chip" data-fact="node">
          <b>{node.nodeId}</b>
          <RoleBadge role={node.role} />
        </span>
      )}
      <span class={`live ${state}`} role="status">
        <i aria-hidden="true" />
        {say(`live.${state}`)}
      </span>
      {caller !== null && (
        <span class="muted">
          {who} · {say(`role.${caller.role}`)}
        </span>
      )}
    </header>
  )
}

/** On a node that does not lead: who does, and the way there. */
export function FollowerNote() {
  const say = useSay()
  const { node } = useLive()
  if (node === null || node.role === 'leader') return null
  const { nodeId, leader, leaderUrl } = node
  const other = leader === nodeId ? null : leader
  return (
    <div class="note follows" role="status" data-fact="follows">
      <p>
        <strong>{say('follows.title', { node: nodeId })}</strong>{' '}
        {other === null ? say('follows.nobody') : say('follows.leader', { leader: other })}
      </p>
      {other !== null && leaderUrl !== null && (
        <a class="button primary" href={`${leaderUrl}/console/${window.location.hash}`}>
          {say('follows.link', { leader: other })}
        </a>
      )}
    </div>
  )
}

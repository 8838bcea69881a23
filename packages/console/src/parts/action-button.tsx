import { useContext } from 'preact/hooks'
import { CallerContext, useMay } from '../api/use-caller.ts'
import type { Role } from '../api/use-caller.ts'
import { useSay } from '../language/language.ts'
import { Icon } from './icon.tsx'
import type { IconName } from './icon.tsx'

interface ActionButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly needs: Role
  readonly onClick: () => void
  /** Beside the role: nothing is chosen, for instance. */
  readonly isOff?: boolean
  /** Shows the icon alone; the label is still told. */
  readonly isSmall?: boolean
  readonly isDanger?: boolean
}

/** Begins something that takes a role; who has not got it sees why. */
export function ActionButton(props: ActionButtonProps) {
  const { icon, label, needs, onClick, isOff = false, isSmall = false, isDanger = false } = props
  const say = useSay()
  const may = useMay(needs)
  const caller = useContext(CallerContext)
  const yours = say(`role.${caller?.role ?? 'viewer'}`)
  const why = may ? undefined : say('action.needs', { role: say(`role.${needs}`), yours })
  const classes = [isSmall ? 'small' : '', isDanger ? 'danger' : ''].join(' ').trim()
  return (
    <button
      type="button"
      class={classes}
      disabled={!may || isOff}
      title={why ?? (isSmall ? label : undefined)}
      aria-label={why === undefined ? label : `${label}. ${why}`}
      onClick={onClick}
    >
      <Icon name={icon} />
      {!isSmall && <span>{label}</span>}
    </button>
  )
}

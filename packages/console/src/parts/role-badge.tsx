import { useSay } from '../language/language.ts'
import type { WordKey } from '../language/language.ts'

const known: Readonly<Record<string, WordKey>> = {
  leader: 'role.leader',
  follower: 'role.follower',
  candidate: 'role.candidate',
  learner: 'role.learner',
  starting: 'role.starting',
  halted: 'role.halted',
}

/** The role of a node in a word and a colour; null: it does not answer. */
export function RoleBadge({ role }: { readonly role: string | null }) {
  const say = useSay()
  const key = role === null ? 'role.silent' : known[role]
  return <span class={`badge ${role ?? 'silent'}`}>{key === undefined ? role : say(key)}</span>
}

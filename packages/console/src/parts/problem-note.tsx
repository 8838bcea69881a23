import type { Problem } from '../api/ask.ts'
import { useSay } from '../language/language.ts'

interface ProblemNoteProps {
  readonly problem: Problem | null
  readonly again: () => void
}

/** What keeps a page from being shown. That this node does not lead stands above every page. */
export function ProblemNote({ problem, again }: ProblemNoteProps) {
  const say = useSay()
  if (problem === null || problem.isNotLeader) return null
  return (
    <p class="note wrong" role="alert">
      <span>{problem.status === 0 ? say('problem.unreachable') : problem.message}</span>
      <button type="button" onClick={again}>
        {say('problem.again')}
      </button>
    </p>
  )
}

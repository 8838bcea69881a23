import type { ComponentChildren } from 'preact'
import { useErrorBoundary } from 'preact/hooks'
import { useSay } from './language/language.ts'

/** A page, or that it failed and a way to try again: the rest of the console goes on. */
export function PageFrame({ children }: { readonly children: ComponentChildren }) {
  const say = useSay()
  const [error, again] = useErrorBoundary() as [Error | undefined, () => void]
  if (error === undefined) return <>{children}</>
  return (
    <p class="note wrong" role="alert">
      <span>{say('problem.page', { why: error.message })}</span>
      <button type="button" onClick={again}>
        {say('problem.again')}
      </button>
    </p>
  )
}

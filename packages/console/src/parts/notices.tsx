import type { ComponentChildren } from 'preact'
import { createContext } from 'preact'
import { useCallback, useContext, useState } from 'preact/hooks'

/** Tells what came of an action, to the eye and to who listens. */
export type Notify = (text: string) => void

const NotifyContext = createContext<Notify>(() => undefined)
/** How long a notice stays, in milliseconds. */
const NOTICE_MS = 6000

export function useNotify(): Notify {
  return useContext(NotifyContext)
}

/** What is around it may tell; one notice at a time. */
export function Notices({ children }: { readonly children: ComponentChildren }) {
  const [notice, setNotice] = useState<string | null>(null)
  const notify = useCallback((text: string) => {
    setNotice(text)
    window.setTimeout(() => setNotice((now) => (now === text ? null : now)), NOTICE_MS)
  }, [])
  return (
    <NotifyContext.Provider value={notify}>
      {children}
      <div class="notices" role="status" aria-live="polite">
        {notice !== null && <p>{notice}</p>}
      </div>
    </NotifyContext.Provider>
  )
}

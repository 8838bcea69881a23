import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Problem } from '../api/ask.ts'
import { useSay } from '../language/language.ts'
import { useNotify } from './notices.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/**
 * A modal dialog: the browser keeps the focus in it, closes it on Escape and gives the focus back;
 * the latter only when it is closed before it is gone.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus()
    return () => dialog?.close()
  }, [])
  // It is told so late that it may be gone, and another one be there.
  const closed = (): void => {
    if (element.current !== null) onClose()
  }
  return (
    <dialog ref={element} onClose={closed} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  )
}

interface FormDialogProps extends DialogProps {
  /** What the button says that does it. */
  readonly verb: string
  readonly isDanger?: boolean
  /** Done when it resolves; what it rejects with is shown, and the dialog stays. */
  readonly perform: () => Promise<void>
}

/** A dialog that does one thing, or is left. */
export function FormDialog(props: FormDialogProps) {
  const { title, verb, isDanger = false, perform, onClose, children } = props
  const say = useSay()
  const notify = useNotify()
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  // Escape leaves it while it does what it does: the next dialog is not its to close.
  const isLeft = useRef(false)
  useLayoutEffect(() => () => void (isLeft.current = true), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setWrong(null)
    try {
      await perform()
      if (!isLeft.current) onClose()
    } catch (error) {
      const isSilent = error instanceof Problem && error.status === 0
      const said = error instanceof Error ? error.message : String(error)
      const told = isSilent ? say('problem.unreachable') : said
      if (isLeft.current) notify(told)
      setWrong(told)
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        {wrong !== null && (
          <p class="wrong" role="alert">
            {wrong}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose} data-first={isDanger}>
            {say('action.cancel')}
          </button>
          <button class={isDanger ? 'primary danger' : 'primary'} disabled={isBusy}>
            {verb}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

import { useState } from 'preact/hooks'
import { ask, destinationPath } from '../api/ask.ts'
import { useSay } from '../language/language.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { useNotify } from '../parts/notices.tsx'
import type { DialogEnds } from './destination-dialogs.tsx'

interface ChosenMessages extends DialogEnds {
  readonly queue: string
  readonly ids: readonly string[]
}

interface CountAnswer {
  readonly count: number
}

/** Deletes the messages that were chosen. */
export function DeleteMessagesDialog({ queue, ids, onClose, onDone }: ChosenMessages) {
  const say = useSay()
  const notify = useNotify()
  const perform = async (): Promise<void> => {
    const path = `${destinationPath('queue', queue)}/messages/delete`
    const { count } = await ask<CountAnswer>(path, { method: 'POST', body: { ids } })
    notify(say('delete.messages.done', { count, asked: ids.length }))
    onDone()
  }
  return (
    <FormDialog
      title={say('delete.messages', { count: ids.length, name: queue })}
      verb={say('action.delete')}
      perform={perform}
      onClose={onClose}
      isDanger
    >
      <p>{say('delete.messages.text')}</p>
    </FormDialog>
  )
}

/** Moves or copies them to where one says. */
export function RelocateDialog({
  how,
  queue,
  ids,
  onClose,
  onDone,
}: ChosenMessages & { readonly how: 'move' | 'copy' }) {
  const say = useSay()
  const notify = useNotify()
  const [to, setTo] = useState('')
  const perform = async (): Promise<void> => {
    const path = `${destinationPath('queue', queue)}/messages/${how}`
    const { count } = await ask<CountAnswer>(path, { method: 'POST', body: { ids, to } })
    notify(say(`${how}.done`, { count, asked: ids.length, to }))
    onDone()
  }
  return (
    <FormDialog
      title={say(`${how}.title`, { count: ids.length })}
      verb={say(`action.${how}`)}
      perform={perform}
      onClose={onClose}
    >
      <label class="field">
        {say('move.to')}
        <input
          required
          data-first
          placeholder={say('move.hint')}
          value={to}
          onInput={({ currentTarget }) => setTo(currentTarget.value)}
        />
      </label>
    </FormDialog>
  )
}

import { useState } from 'preact/hooks'
import type { DestinationAnswer } from '../api/answers.ts'
import { ask, destinationPath } from '../api/ask.ts'
import { countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { useNotify } from '../parts/notices.tsx'

export interface DialogEnds {
  readonly onClose: () => void
  /** Something has changed. */
  readonly onDone: () => void
}

/** Makes a queue or a topic. */
export function CreateDialog({
  kind,
  onClose,
  onDone,
}: DialogEnds & { readonly kind: 'queue' | 'topic' }) {
  const say = useSay()
  const notify = useNotify()
  const [name, setName] = useState('')
  const perform = async (): Promise<void> => {
    await ask(destinationPath(kind, name), { method: 'PUT' })
    notify(say('create.done', { name }))
    onDone()
  }
  const title = say(kind === 'queue' ? 'create.title.queue' : 'create.title.topic')
  return (
    <FormDialog title={title} verb={say('create.do')} perform={perform} onClose={onClose}>
      <label class="field">
        {say('create.name')}
        <input
          required
          data-first
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
    </FormDialog>
  )
}

/** Deletes what waits in a queue; the broker takes a stretch at a time. */
export function PurgeDialog({
  queue,
  onClose,
  onDone,
}: DialogEnds & { readonly queue: DestinationAnswer }) {
  const say = useSay()
  const notify = useNotify()
  const { kind, name, pending } = queue
  const perform = async (): Promise<void> => {
    const path = `${destinationPath(kind, name)}/messages/purge`
    let count = 0
    // What waited when it began, and not what comes meanwhile.
    while (count < Math.max(1, pending ?? 0)) {
      const step = await ask<PurgeAnswer>(path, { method: 'POST' })
      count += step.count
      if (!step.isMore) break
    }
    notify(say('purge.done', { count: countText(count), name }))
    onDone()
  }
  return (
    <FormDialog
      title={say('purge.title', { name })}
      verb={say('action.purge')}
      perform={perform}
      onClose={onClose}
      isDanger
    >
      <p>{say('purge.text', { count: countText(pending ?? 0) })}</p>
    </FormDialog>
  )
}

interface PurgeAnswer {
  readonly count: number
  readonly isMore: boolean
}

/** Removes a queue with its messages, or a topic. */
export function DeleteDialog({
  destination,
  onClose,
  onDone,
}: DialogEnds & { readonly destination: DestinationAnswer }) {
  const say = useSay()
  const notify = useNotify()
  const { kind, name, pending } = destination
  const perform = async (): Promise<void> => {
    await ask(destinationPath(kind, name), { method: 'DELETE' })
    notify(say('delete.destination.done', { name }))
    onDone()
  }
  return (
    <FormDialog
      title={say('delete.destination', { name })}
      verb={say('action.delete')}
      perform={perform}
      onClose={onClose}
      isDanger
    >
      <p>
        {pending === null
          ? say('delete.destination.topic')
          : say('delete.destination.text', { count: countText(pending) })}
      </p>
    </FormDialog>
  )
}

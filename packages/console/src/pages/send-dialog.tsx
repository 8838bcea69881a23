import { useState } from 'preact/hooks'
import type { DestinationAnswer, NewMessage } from '../api/answers.ts'
import { ask, destinationPath } from '../api/ask.ts'
import { propertiesIn } from '../figures/properties-text.ts'
import { useSay } from '../language/language.ts'
import type { WordKey } from '../language/language.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { useNotify } from '../parts/notices.tsx'
import type { DialogEnds } from './destination-dialogs.tsx'

/** A hundred years: how long a message may live at most, in seconds. */
const SECONDS_MAX = 100 * 365 * 24 * 3600

const empty = {
  body: '',
  encoding: 'text',
  priority: '4',
  persistent: true,
  seconds: '0',
  correlationId: '',
  replyTo: '',
  jmsType: '',
  properties: '',
}

type Draft = typeof empty

const headers = ['correlationId', 'replyTo', 'jmsType'] as const

/** Writes a message and sends it. */
export function SendDialog({
  to,
  onClose,
  onDone,
}: DialogEnds & { readonly to: Pick<DestinationAnswer, 'kind' | 'name'> }) {
  const say = useSay()
  const notify = useNotify()
  const [draft, setDraft] = useState(empty)
  const change = (changes: Partial<Draft>): void => setDraft((now) => ({ ...now, ...changes }))
  const perform = async (): Promise<void> => {
    const { values, wrongLine } = propertiesIn(draft.properties)
    if (wrongLine !== null) throw new Error(say('send.badProperty', { line: wrongLine }))
    const path = `${destinationPath(to.kind, to.name)}/messages`
    const body = messageOf(draft, values)
    const { messageId } = await ask<{ messageId: string }>(path, { method: 'POST', body })
    notify(say('send.done', { id: messageId }))
    onDone()
  }
  const title = say('send.title', { name: to.name })
  return (
    <FormDialog title={title} verb={say('action.send')} perform={perform} onClose={onClose}>
      <DraftFields draft={draft} change={change} />
    </FormDialog>
  )
}

interface DraftFieldsProps {
  readonly draft: Draft
  readonly change: (changes: Partial<Draft>) => void
}

function DraftFields({ draft, change }: DraftFieldsProps) {
  const say = useSay()
  return (
    <>
      <label class="field">
        {say('send.body')}
        <textarea
          rows={6}
          data-first
          value={draft.body}
          onInput={({ currentTarget }) => change({ body: currentTarget.value })}
        />
      </label>
      <div class="fields">
        <label class="field">
          {say('send.encoding')}
          <select
            value={draft.encoding}
            onChange={({ currentTarget }) => change({ encoding: currentTarget.value })}
          >
            <option value="text">{say('send.encoding.text')}</option>
            <option value="base64">{say('send.encoding.base64')}</option>
          </select>
        </label>
        <Field
          name="send.priority"
          value={draft.priority}
          max={9}
          onChange={(priority) => change({ priority })}
        />
        <Field
          name="send.timeToLive"
          max={SECONDS_MAX}
          value={draft.seconds}
          onChange={(seconds) => change({ seconds })}
        />
        {headers.map((header) => (
          <Field
            key={header}
            name={`send.${header}`}
            value={draft[header]}
            onChange={(value) => change({ [header]: value })}
          />
        ))}
      </div>
      <label class="field">
        {say('send.properties')}
        <textarea
          rows={3}
          value={draft.properties}
          onInput={({ currentTarget }) => change({ properties: currentTarget.value })}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.persistent}
          onChange={({ currentTarget }) => change({ persistent: currentTarget.checked })}
        />
        {say('send.persistent')}
      </label>
    </>
  )
}

interface FieldProps {
  readonly name: WordKey
  readonly value: string
  readonly onChange: (value: string) => void
  /** Of a number; a text has none. */
  readonly max?: number
}

function Field({ name, value, onChange, max }: FieldProps) {
  const say = useSay()
  const onInput = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void =>
    onChange(currentTarget.value)
  return (
    <label class="field">
      {say(name)}
      {max === undefined ? (
        <input value={value} onInput={onInput} />
      ) : (
        <input type="number" min={0} max={max} value={value} onInput={onInput} />
      )}
    </label>
  )
}

type Sent = Partial<NewMessage>

/** Headers that are empty are not there. */
function messageOf(draft: Draft, properties: NonNullable<Sent['properties']>): Sent {
  const { body, priority, persistent, seconds, encoding } = draft
  const filled = headers.filter((header) => draft[header] !== '')
  return {
    body,
    encoding: encoding === 'base64' ? 'base64' : 'text',
    priority: Number(priority),
    persistent,
    timeToLiveMs: Math.round(Number(seconds) * 1000),
    ...Object.fromEntries(filled.map((header) => [header, draft[header]])),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

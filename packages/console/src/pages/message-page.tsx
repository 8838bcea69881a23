import { useState } from 'preact/hooks'
import type { MessageWithBody } from '../api/answers.ts'
import { destinationPath } from '../api/ask.ts'
import { encoded } from '../api/encoded.ts'
import { useAnswer } from '../api/use-answer.ts'
import { bestView, bodyViews, bytesOf, shownBody } from '../figures/body-view.ts'
import type { BodyView } from '../figures/body-view.ts'
import { bytesText, timeText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import type { Say } from '../language/language.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { addressOf } from './addresses.ts'
import { DeleteMessagesDialog, RelocateDialog } from './message-dialogs.tsx'

/** A message does not change but for what is done with it. */
const MESSAGE_EVERY_MS = 30_000

interface MessagePageProps {
  readonly queue: string
  readonly id: string
}

const acts = ['copy', 'move', 'delete'] as const

/** One message: its headers, its properties and the beginning of its body. */
export function MessagePage({ queue, id }: MessagePageProps) {
  const say = useSay()
  const path = `${destinationPath('queue', queue)}/messages/${encoded(id)}`
  const { answer, problem, again } = useAnswer<MessageWithBody>(path, MESSAGE_EVERY_MS)
  const [act, setAct] = useState<(typeof acts)[number] | null>(null)
  const isGone = problem?.status === 404
  const ends = { queue, ids: [id], onClose: () => setAct(null), onDone: again }
  return (
    <>
      <a class="back" href={addressOf('queues', queue)}>
        <Icon name="back" />
        {say('message.back', { name: queue })}
      </a>
      {isGone && <p class="note">{say('message.gone')}</p>}
      {!isGone && <ProblemNote problem={problem} again={again} />}
      {answer !== null && !isGone && (
        <>
          <div class="bar">
            {acts.map((each) => (
              <ActionButton
                key={each}
                icon={each}
                label={say(`action.${each}`)}
                needs="operator"
                isDanger={each === 'delete'}
                onClick={() => setAct(each)}
              />
            ))}
          </div>
          <div class="message-grid">
            <div class="column">
              <Headers message={answer} />
              <Properties properties={answer.properties} />
            </div>
            <Body body={answer.body} />
          </div>
        </>
      )}
      {act === 'delete' && <DeleteMessagesDialog {...ends} />}
      {(act === 'move' || act === 'copy') && <RelocateDialog how={act} {...ends} />}
    </>
  )
}

const headerNames = [
  'messageId',
  'type',
  'persistent',
  'handedOut',
  'redeliveries',
  'priority',
  'timestamp',
  'expiration',
  'correlationId',
  'replyTo',
  'jmsType',
  'groupId',
  'originalDestination',
  'userId',
  'bytes',
] as const

function headerText(
  say: Say,
  message: MessageWithBody,
  name: (typeof headerNames)[number],
): string {
  const value = message[name]
  if (name === 'expiration' && value === null) return say('value.never')
  if (name === 'bytes') return bytesText(message.bytes)
  if (typeof value === 'boolean') return say(value ? 'value.yes' : 'value.no')
  const isTime = name === 'timestamp' || name === 'expiration'
  return isTime && typeof value === 'string' ? timeText(value) : String(value)
}

function Headers({ message }: { readonly message: MessageWithBody }) {
  const say = useSay()
  const shown = headerNames.filter((name) => message[name] !== null || name === 'expiration')
  return (
    <section class="panel" aria-labelledby="message-headers">
      <h2 id="message-headers">{say('message.headers')}</h2>
      <dl class="facts">
        {shown.map((name) => (
          <>
            <dt key={name}>{say(`header.${name}`)}</dt>
            <dd>{headerText(say, message, name)}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function Properties({ properties }: { readonly properties: MessageWithBody['properties'] }) {
  const say = useSay()
  const entries = Object.entries(properties)
  return (
    <section class="panel" aria-labelledby="message-properties">
      <h2 id="message-properties">{say('message.properties')}</h2>
      {entries.length === 0 && <p class="muted">{say('message.noProperties')}</p>}
      <dl class="facts">
        {entries.map(([name, value]) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function Body({ body }: { readonly body: MessageWithBody['body'] }) {
  const say = useSay()
  const [view, setView] = useState<BodyView | null>(null)
  const current = view ?? bestView(body)
  const text = shownBody(body, current)
  const shown = bytesText(bytesOf(body).length)
  return (
    <section class="panel body" aria-labelledby="message-body">
      <header>
        <h2 id="message-body">{say('message.body')}</h2>
        <div class="tabs" role="group" aria-label={say('message.view')}>
          {bodyViews.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === current}
              onClick={() => setView(each)}
            >
              {say(`message.view.${each}`)}
            </button>
          ))}
        </div>
      </header>
      {body.truncated && (
        <p class="note">{say('message.truncated', { shown, bytes: bytesText(body.bytes) })}</p>
      )}
      {body.encoding === 'none' && <p class="muted">{say('message.noBody')}</p>}
      {body.encoding !== 'none' && text === null && <p class="muted">{say('message.notSo')}</p>}
      {text !== null && (
        <pre tabIndex={0} aria-labelledby="message-body">
          {text}
        </pre>
      )}
    </section>
  )
}

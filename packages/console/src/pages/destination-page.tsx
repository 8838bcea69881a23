import { useState } from 'preact/hooks'
import type { DestinationAnswer } from '../api/answers.ts'
import { destinationPath } from '../api/ask.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useLive, useWatched } from '../api/use-live.ts'
import { bytesText, countText } from '../figures/format.ts'
import { useSay } from '../language/language.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { addressOf, placeIn } from './addresses.ts'
import { DeleteDialog, PurgeDialog } from './destination-dialogs.tsx'
import { MessageList } from './message-list.tsx'
import { SendDialog } from './send-dialog.tsx'

const DESTINATION_EVERY_MS = 5000

interface DestinationPageProps {
  readonly kind: 'queue' | 'topic'
  readonly name: string
}

type Act = 'send' | 'purge' | 'delete'

/** One queue with its messages, or one topic. */
export function DestinationPage({ kind, name }: DestinationPageProps) {
  const say = useSay()
  const path = destinationPath(kind, name)
  const asked = useAnswer<DestinationAnswer>(path, DESTINATION_EVERY_MS)
  useWatched([`${kind}://${name}`])
  const { destinations } = useLive()
  const facts = destinations.get(`${kind}://${name}`) ?? asked.answer
  const [act, setAct] = useState<Act | null>(null)
  // Messages are read again after something was done.
  const [turn, setTurn] = useState(0)
  const done = (): void => {
    asked.again()
    setTurn((value) => value + 1)
    const list = kind === 'queue' ? 'queues' : 'topics'
    const { page, name: current } = placeIn(window.location.hash)
    // Who has gone elsewhere meanwhile stays there.
    if (act === 'delete' && page === list && current === name) {
      window.location.hash = addressOf(list)
    }
  }
  const ends = { onClose: () => setAct(null), onDone: done }
  const acts: readonly Act[] = kind === 'queue' ? ['send', 'purge', 'delete'] : ['send', 'delete']
  return (
    <>
      <a class="back" href={addressOf(kind === 'queue' ? 'queues' : 'topics')}>
        <Icon name="back" />
        {say(kind === 'queue' ? 'messages.back.queue' : 'messages.back.topic')}
      </a>
      <ProblemNote problem={asked.problem} again={asked.again} />
      {facts !== null && <Figures facts={facts} />}
      {facts !== null && (
        <div class="bar">
          {acts.map((each) => (
            <ActionButton
              key={each}
              icon={each}
              label={say(`action.${each}`)}
              needs={each === 'delete' ? 'admin' : 'operator'}
              isDanger={each !== 'send'}
              onClick={() => setAct(each)}
            />
          ))}
        </div>
      )}
      {kind === 'topic' ? (
        <p class="nothing panel">{say('messages.topic')}</p>
      ) : (
        <MessageList queue={name} turn={turn} onChanged={asked.again} />
      )}
      {act === 'send' && <SendDialog to={{ kind, name }} {...ends} />}
      {act === 'purge' && facts !== null && <PurgeDialog queue={facts} {...ends} />}
      {act === 'delete' && facts !== null && <DeleteDialog destination={facts} {...ends} />}
    </>
  )
}

function Figures({ facts }: { readonly facts: DestinationAnswer }) {
  const say = useSay()
  const shown =
    facts.pending === null
      ? (['consumers', 'enqueued', 'discarded'] as const)
      : (['pending', 'inFlight', 'consumers', 'enqueued', 'dequeued'] as const)
  return (
    <dl class="figures panel">
      {shown.map((key) => (
        <div key={key} data-figure={key}>
          <dt>{say(`column.${key}`)}</dt>
          <dd>{countText(facts[key] ?? 0)}</dd>
        </div>
      ))}
      {facts.pendingBytes !== null && (
        <div>
          <dt>{say('column.size')}</dt>
          <dd>{bytesText(facts.pendingBytes)}</dd>
        </div>
      )}
    </dl>
  )
}

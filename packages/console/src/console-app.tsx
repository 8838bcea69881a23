import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { CallerAnswer } from './api/answers.ts'
import { useAnswer } from './api/use-answer.ts'
import { CallerContext } from './api/use-caller.ts'
import { FollowerNote, HeadLine } from './head-line.tsx'
import { LanguageContext, preferredLanguage, sayIn } from './language/language.ts'
import { Navigation, themes } from './navigation.tsx'
import { PageFrame } from './page-frame.tsx'
import type { Place } from './pages/addresses.ts'
import { ClusterPage } from './pages/cluster-page.tsx'
import { ConnectionsPage } from './pages/connections-page.tsx'
import { DestinationPage } from './pages/destination-page.tsx'
import { DestinationsPage } from './pages/destinations-page.tsx'
import { HomePage } from './pages/home-page.tsx'
import { MessagePage } from './pages/message-page.tsx'
import { SubscribersPage } from './pages/subscribers-page.tsx'
import { useChosen } from './parts/chosen.ts'
import { Notices } from './parts/notices.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { usePlace } from './use-place.ts'
import { useShortcuts } from './use-shortcuts.ts'

/** Roles do not change while a page is open, but a node may start that was away. */
const CALLER_EVERY_MS = 30_000

/** The whole console. */
export function ConsoleApp() {
  const preferred = preferredLanguage(navigator.languages)
  const [language, setLanguage] = useChosen('language', ['en', 'zh'], preferred)
  const [theme, setTheme] = useChosen('theme', themes, 'auto')
  const [isHelping, setHelping] = useState(false)
  const place = usePlace()
  const { answer: caller } = useAnswer<CallerAnswer>('/caller', CALLER_EVERY_MS)
  const say = sayIn(language)
  const title = place.name ?? say(`nav.${place.page}`)
  const onHelp = useCallback(() => setHelping(true), [])
  useShortcuts(onHelp)
  // Before anything is seen: a dark page does not flash white.
  useLayoutEffect(() => {
    document.title = `${title} · Quorate`
    document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language
    document.documentElement.dataset.theme = theme
  }, [title, language, theme])
  const at = `${place.page}/${place.name}/${place.message}`
  useFocusIn(at)
  return (
    <LanguageContext.Provider value={say}>
      <CallerContext.Provider value={caller}>
        <Notices>
          <a class="skip" href="#content" onClick={skip}>
            {say('app.skip')}
          </a>
          <Navigation
            {...{ language, setLanguage, theme, setTheme, onHelp }}
            current={place.page}
          />
          <div class="content">
            <HeadLine title={title} />
            <FollowerNote />
            <main id="content" tabIndex={-1} key={at}>
              <PageFrame>
                <PageOf place={place} theme={theme} />
              </PageFrame>
            </main>
          </div>
          {isHelping && <ShortcutsDialog onClose={() => setHelping(false)} />}
        </Notices>
      </CallerContext.Provider>
    </LanguageContext.Provider>
  )
}

/** Where what had the focus went with its page, the next page has it. */
function useFocusIn(at: string): void {
  const before = useRef(at)
  useEffect(() => {
    const isOther = before.current !== at
    before.current = at
    const isLost = document.activeElement === document.body
    if (isOther && isLost) document.getElementById('content')?.focus({ preventScroll: true })
  }, [at])
}

/** The address names the page: it is left alone. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function PageOf({ place, theme }: { readonly place: Place; readonly theme: string }) {
  const { page, name, message } = place
  switch (page) {
    case 'home':
      return <HomePage theme={theme} />
    case 'queues':
      if (name === null) return <DestinationsPage kind="queue" />
      if (message !== null) return <MessagePage queue={name} id={message} />
      return <DestinationPage kind="queue" name={name} />
    case 'topics':
      if (name === null) return <DestinationsPage kind="topic" />
      return <DestinationPage kind="topic" name={name} />
    case 'subscribers':
      return <SubscribersPage />
    case 'connections':
      return <ConnectionsPage />
    case 'cluster':
      return <ClusterPage />
  }
}

import { languages, useSay } from './language/language.ts'
import type { Language } from './language/language.ts'
import { addressOf, pageNames } from './pages/addresses.ts'
import type { PageName } from './pages/addresses.ts'
import { Icon } from './parts/icon.tsx'
import { pageKeys } from './use-shortcuts.ts'

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

interface NavigationProps {
  readonly current: PageName
  readonly language: Language
  readonly setLanguage: (language: Language) => void
  readonly theme: Theme
  readonly setTheme: (theme: Theme) => void
  readonly onHelp: () => void
}

/** The ways to the pages, and how one likes to see them. */
export function Navigation(props: NavigationProps) {
  const { current, language, setLanguage, theme, setTheme, onHelp } = props
  const say = useSay()
  return (
    <div class="side">
      <a class="brand" href={addressOf('home')}>
        <img src="/console/favicon.svg" alt="" width="28" height="28" />
        Quorate
      </a>
      <nav aria-label={say('app.navigation')}>
        <ul>
          {pageNames.map((page) => (
            <li key={page}>
              <a
                href={addressOf(page)}
                aria-current={page === current ? 'page' : undefined}
                aria-keyshortcuts={`g ${pageKeys[page]}`}
              >
                <Icon name={page} />
                {say(`nav.${page}`)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="preferences">
        <label>
          {say('app.language')}
          <select
            value={language}
            onChange={({ currentTarget }) => setLanguage(currentTarget.value as Language)}
          >
            {Object.entries(languages).map(([tag, { name }]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('app.theme')}
          <select
            value={theme}
            onChange={({ currentTarget }) => setTheme(currentTarget.value as Theme)}
          >
            {themes.map((each) => (
              <option key={each} value={each}>
                {say(`app.theme.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={onHelp}>
          <Icon name="keyboard" />
          <span>{say('app.shortcuts')}</span>
          <kbd>?</kbd>
        </button>
      </div>
    </div>
  )
}

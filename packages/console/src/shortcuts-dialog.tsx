import { useSay } from './language/language.ts'
import { pageNames } from './pages/addresses.ts'
import { Dialog } from './parts/dialog.tsx'
import { pageKeys } from './use-shortcuts.ts'

/** What the keys do. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const say = useSay()
  const rows: readonly (readonly [readonly string[], string])[] = [
    ...pageNames.map((page) => {
      return [['g', pageKeys[page]], say('shortcut.go', { page: say(`nav.${page}`) })] as const
    }),
    [['/'], say('shortcut.filter')],
    [['n'], say('shortcut.next')],
    [['p'], say('shortcut.previous')],
    [['Esc'], say('shortcut.escape')],
    [['?'], say('shortcut.help')],
  ]
  return (
    <Dialog title={say('shortcut.title')} onClose={onClose}>
      <dl class="shortcuts">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <footer>
        <button type="button" class="primary" data-first onClick={onClose}>
          {say('action.close')}
        </button>
      </footer>
    </Dialog>
  )
}

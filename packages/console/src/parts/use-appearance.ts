import { useLayoutEffect, useState } from 'preact/hooks'

const dark = '(prefers-color-scheme: dark)'

/** What is seen of the chosen appearance: the system may go from light to dark at any time. */
export function useAppearance(theme: string): string {
  const [isDark, setDark] = useState(() => window.matchMedia(dark).matches)
  useLayoutEffect(() => {
    const query = window.matchMedia(dark)
    const follow = (): void => setDark(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  if (theme !== 'auto') return theme
  return isDark ? 'dark' : 'light'
}

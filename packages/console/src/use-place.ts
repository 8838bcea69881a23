import { useLayoutEffect, useState } from 'preact/hooks'
import { placeIn } from './pages/addresses.ts'
import type { Place } from './pages/addresses.ts'

/** Where somebody is, by the address; again when he goes elsewhere. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeIn(window.location.hash))
  useLayoutEffect(() => {
    const follow = (): void => {
      setPlace(placeIn(window.location.hash))
      window.scrollTo(0, 0)
    }
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  return place
}

import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { Live } from './live.ts'
import type { LivePicture } from './live.ts'

/** The stream of the page. */
export const LiveContext = createContext(new Live())

/** What the stream has told, again after each change. */
export function useLive(): LivePicture {
  const live = useContext(LiveContext)
  const [picture, setPicture] = useState(live.picture)
  useEffect(() => {
    setPicture(live.picture)
    return live.subscribe(() => setPicture(live.picture))
  }, [live])
  return picture
}

/** Watches these destinations while the caller is shown. */
export function useWatched(destinations: readonly string[]): void {
  const live = useContext(LiveContext)
  const key = JSON.stringify(destinations)
  useEffect(() => {
    live.watch(JSON.parse(key) as string[])
  }, [live, key])
  useEffect(() => () => live.watch([]), [live])
}

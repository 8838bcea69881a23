import { useState } from 'preact/hooks'

/** A choice of the reader that his browser remembers, if it may. */
export function useChosen<T extends string>(
  name: string,
  options: readonly T[],
  otherwise: T,
): readonly [T, (value: T) => void] {
  const key = `quorate.${name}`
  const [value, setValue] = useState(() => {
    const kept = remembered(key)
    return options.find((option) => option === kept) ?? otherwise
  })
  const choose = (chosen: T): void => {
    setValue(chosen)
    try {
      localStorage.setItem(key, chosen)
    } catch {
      // A browser that keeps nothing: it is chosen for this visit.
    }
  }
  return [value, choose]
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

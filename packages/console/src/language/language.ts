import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { chinese } from './chinese.ts'
import { english } from './english.ts'

export type WordKey = keyof typeof english
export type Filling = Readonly<Record<string, string | number>>

/** What a text says in the chosen language. */
export type Say = (key: WordKey, filling?: Filling) => string

export const languages = {
  en: { name: 'English', words: english },
  zh: { name: '中文', words: chinese },
} as const

export type Language = keyof typeof languages

/** The first of these that we speak. */
export function preferredLanguage(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.toLowerCase().split('-')[0])
  const found = known.find((tag) => tag === 'en' || tag === 'zh')
  return found ?? 'en'
}

export function sayIn(language: Language): Say {
  const { words } = languages[language]
  return (key, filling = {}) =>
    words[key].replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(filling[name] ?? hole))
}

export const LanguageContext = createContext<Say>(sayIn('en'))

export function useSay(): Say {
  return useContext(LanguageContext)
}

import { steeringCharacters } from './text-table.ts'

/**
 * JSON for standard output, on one line or indented. What a terminal would act on is escaped, which
 * means the same to whoever reads the JSON.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(steeringCharacters, (character) =>
    // The line breaks are those of the indentation: others are escaped already.
    character === '\n' ? character : `\\u${hexOf(character)}`,
  )
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0')
}

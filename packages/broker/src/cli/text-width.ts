/** What takes two columns of a terminal: the scripts of East Asia, their punctuation, and emoji. */
const wide = new RegExp(
  '^[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff' +
    '\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}\\p{Emoji_Presentation}]',
  'u',
)
/** What is drawn over the character before it. */
const drawnOver = /^[\p{Mark}\u200b-\u200d\ufeff]/u
const plain = /^[\u0020-\u007e]*$/

function columnsOfCharacter(character: string): number {
  if (drawnOver.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOfCharacter(character)
  return width
}

/** The beginning of a text that takes no more than so many columns. */
export function cutToWidth(text: string, columnsMax: number): string {
  if (plain.test(text)) return text.slice(0, columnsMax)
  let width = 0
  let end = 0
  for (const character of text) {
    width += columnsOfCharacter(character)
    if (width > columnsMax) break
    end += character.length
  }
  return text.slice(0, end)
}

import { settingsJsonSchema } from '../../config/settings-json-schema.ts'
import { EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import type { Terminal } from '../terminal.ts'

/** Prints the JSON Schema of quorate.yaml. */
export function configSchema(terminal: Terminal): number {
  terminal.out(`${jsonText(settingsJsonSchema(), 2)}\n`)
  return EXIT_OK
}

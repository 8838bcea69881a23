import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../packages/broker/dist/cli/main.js', import.meta.url))

/** Arguments for Node that run the built `quorate` command. */
export function quorateArgs(...words: readonly string[]): string[] {
  if (!existsSync(main)) throw new Error('the broker is not built: run `npm run build` first')
  return [main, ...words]
}

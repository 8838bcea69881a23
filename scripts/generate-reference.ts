import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { cliPage } from './reference/cli-page.ts'
import { configurationPage } from './reference/configuration-page.ts'
import { errorsPage } from './reference/errors-page.ts'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs/reference')

/** Pages of docs/reference that are made from tables in the code. */
export const pages: Readonly<Record<string, () => string>> = {
  'configuration.md': configurationPage,
  'errors.md': errorsPage,
  'cli.md': cliPage,
}

export interface Page {
  readonly path: string
  /** What should be in it. */
  readonly text: string
}

export async function generatePages(): Promise<Page[]> {
  const found: Page[] = []
  for (const [name, make] of Object.entries(pages)) {
    const path = join(folder, name)
    const options = await resolveConfig(path)
    found.push({ path, text: await format(make(), { ...options, filepath: path }) })
  }
  return found
}

/** What is in the page now; '' when there is none. */
export function readPage(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of await generatePages()) writeFileSync(path, text)
}

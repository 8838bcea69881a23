import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { activemqXmlPage } from './reference/activemq-xml-page.ts'
import { cliPage } from './reference/cli-page.ts'
import { configurationPage } from './reference/configuration-page.ts'
import { errorsPage } from './reference/errors-page.ts'
import { limitsOf, limitsPage } from './reference/limits-page.ts'
import type { Limit } from './reference/limits-page.ts'
import { readProject } from './tidy/source-file.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Every limit that the code names. */
export function projectLimits(): readonly Limit[] {
  const isSource = /^packages\/\w+\/src\/.*\.tsx?$/
  return limitsOf(readProject(root).filter(({ path }) => isSource.test(path)))
}

/** Pages of docs that are made from tables and constants in the code. */
export const pages: Readonly<Record<string, () => string>> = {
  'reference/configuration.md': configurationPage,
  'reference/activemq-xml.md': activemqXmlPage,
  'reference/errors.md': errorsPage,
  'reference/cli.md': cliPage,
  'internals/limits.md': () => limitsPage(projectLimits()),
}

export interface Page {
  readonly path: string
  /** What should be in it. */
  readonly text: string
}

export async function generatePages(): Promise<Page[]> {
  const found: Page[] = []
  for (const [name, make] of Object.entries(pages)) {
    const path = join(root, 'docs', name)
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

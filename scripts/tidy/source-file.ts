import { readFileSync, readdirSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import ts from 'typescript'

/** One file of the repository, with its path from the root and forward slashes. */
export class SourceFile {
  readonly path: string
  readonly text: string
  #tree: ts.SourceFile | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  get lines(): readonly string[] {
    return this.text.split('\n')
  }

  get isCode(): boolean {
    return /\.(tsx?|js|mjs)$/.test(this.path)
  }

  get isTest(): boolean {
    return this.path.endsWith('.test.ts')
  }

  /** Parsed when somebody asks. */
  get tree(): ts.SourceFile {
    this.#tree ??= ts.createSourceFile(this.path, this.text, ts.ScriptTarget.ES2023, true)
    return this.#tree
  }

  lineOf(node: ts.Node): number {
    return this.tree.getLineAndCharacterOfPosition(node.getStart(this.tree)).line + 1
  }
}

/** Something untidy, and what to do instead. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

export type Check = (files: readonly SourceFile[]) => readonly Finding[]

const skippedFolders = new Set(['node_modules', 'dist', '.git', '.build', 'data'])
/** Data of the tests, made by programs. */
const skippedPaths = ['test/interop/vectors/']
const readSuffixes = /(\.(tsx?|js|mjs|json|ya?ml|md|sh|java|xml|html|css)|\/run)$/

/** Reads every file of ours that people write. */
export function readProject(root: string): SourceFile[] {
  return listFiles(root, '')
    .filter((path) => readSuffixes.test(path) && path !== 'package-lock.json')
    .filter((path) => !skippedPaths.some((skipped) => path.startsWith(skipped)))
    .map((path) => new SourceFile(path, readFileSync(join(root, path), 'utf8')))
}

function listFiles(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder.replaceAll(sep, '/'), entry.name)
      if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listFiles(root, path)
      return entry.isFile() ? [path] : []
    })
}

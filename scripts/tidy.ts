import { checkDeadFiles, checkImports } from './tidy/imports.ts'
import { checkMirrors, checkNames } from './tidy/names.ts'
import { checkFileLengths, checkLineLengths } from './tidy/sizes.ts'
import type { Check, Finding, SourceFile } from './tidy/source-file.ts'
import { checkConstructs, checkLeaks, checkWords } from './tidy/words.ts'

/** The rules of the house that neither the compiler nor eslint nor prettier know, by name. */
export const checks: Readonly<Record<string, Check>> = {
  imports: checkImports,
  'dead files': checkDeadFiles,
  'file lengths': checkFileLengths,
  'line lengths': checkLineLengths,
  words: checkWords,
  constructs: checkConstructs,
  names: checkNames,
  'mirrored tests': checkMirrors,
  'what only one machine knows': checkLeaks,
}

/** One line a finding: `file:line message`, as editors and people can follow it. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}:${line} ${message}`).join('\n')
}

/** Everything that is untidy in these files. */
export function findUntidy(files: readonly SourceFile[]): Finding[] {
  return Object.values(checks).flatMap((check) => check(files))
}

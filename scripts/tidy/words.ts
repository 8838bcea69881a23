import ts from 'typescript'
import type { Finding, SourceFile } from './source-file.ts'

interface WordRule {
  readonly pattern: RegExp
  readonly message: string
  /** Where the rule holds; everywhere in code when absent. */
  readonly only?: RegExp
  /** Where it does not. */
  readonly except?: RegExp
}

const inSources = /^packages\/\w+\/src\/.*\.tsx?$/
const inCode = /\.(tsx?|js|mjs)$/
const aboutTidy = /^scripts\/tidy/

/**
 * Words that are not written, each with what to do instead. What eslint and the compiler see (any,
 * floating promises, enum, namespace, parameter properties) is not repeated here.
 */
const wordRules: readonly WordRule[] = [
  {
    pattern: /\b(TODO|FIXME|XXX)\b(?!.*#\d)/,
    message: 'open work without an issue: do it, or name the issue as #N',
  },
  {
    pattern: /\b(master|slave)|(Master|Slave)/,
    message: "say leader and follower; ActiveMQ's words stay where its own surfaces need them",
    only: inSources,
    except:
      /^packages\/(broker\/src\/(config|management|coordination|protocol)|core\/src\/openwire)\/|\/jmx-attributes\.ts$/,
  },
  {
    pattern: /\b(pkill|killall)\b/,
    message: 'end processes by their pid',
  },
  {
    pattern: /\b(describe|it|test|suite)\.only\(|\bonly: true\b/,
    message: 'remove .only: the other tests would not run',
  },
  {
    pattern: /\b(describe|it|test|suite)\.skip\(/,
    message: 'say why as an option of the test: { skip: "needs Java" }',
  },
  {
    pattern: /\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|performance\.now\(/,
    message: 'time and chance come from outside: take a Clock or a random function',
    only: /^packages\/broker\/src\/(engine|replication|coordination|store|protocol)\/|^packages\/core\/src\/(openwire|model)\//,
  },
]

/** Lines with a word that is not written here. */
export function checkWords(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const rules = wordRules.filter(
      ({ only = inCode, except }) =>
        only.test(file.path) && except?.test(file.path) !== true && !aboutTidy.test(file.path),
    )
    return file.lines.flatMap((text, at) =>
      rules
        .filter(({ pattern }) => pattern.test(text))
        .map(({ message }) => ({ path: file.path, line: at + 1, message })),
    )
  })
}

/** A console. call is an output of a program for people, not of a library. */
const mayPrint = /^(scripts|bench|test)\/|^packages\/broker\/src\/cli\/|^packages\/\w+\/test\//

function complaintAbout(node: ts.Node, path: string): string | undefined {
  if (ts.isExportAssignment(node) && !/\.(config\.js|mjs)$/.test(path)) {
    return 'no default export: give it the name of the file'
  }
  const isDefault =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true
  if (isDefault && !/\.mjs$/.test(path)) return 'no default export: give it the name of the file'
  if (ts.isVariableStatement(node) && ts.isSourceFile(node.parent)) {
    const isConstant = (node.declarationList.flags & ts.NodeFlags.Const) !== 0
    if (!isConstant) return 'no top-level let: state belongs to an object that somebody makes'
  }
  if (ts.isEnumDeclaration(node)) return 'no enum: a union of literals, or a const object'
  if (ts.isModuleDeclaration(node)) return 'no namespace: a module is a file'
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'no any: unknown, and a check'
  if (ts.isPropertyAccessExpression(node) && !mayPrint.test(path)) {
    const { expression } = node
    if (ts.isIdentifier(expression) && expression.text === 'console') {
      return 'no console here: take a Log'
    }
  }
  return undefined
}

/** Constructs that are not used. */
export function checkConstructs(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => file.isCode)
    .flatMap((file) => {
      const found: Finding[] = []
      const visit = (node: ts.Node): void => {
        const message = complaintAbout(node, file.path)
        if (message !== undefined) found.push({ path: file.path, line: file.lineOf(node), message })
        ts.forEachChild(node, visit)
      }
      visit(file.tree)
      return found
    })
}

/** What betrays one machine, or would send a reader to a host that only one machine knows. */
const leaks: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  {
    pattern: /(^|[\s"'`(=:])\/(work|home|root|Users)\/\w/,
    message: 'a path of one machine: make it relative, or take it from the environment',
  },
  {
    pattern:
      /\bregistry\.(npmjs|yarnpkg)\.\w+|\b(npm|packages|artifactory|nexus)\.[a-z-]+\.(com|net|internal|local)\b/,
    message: 'a registry host: the reader has his own',
  },
  { pattern: /"resolved": "/, message: 'a registry host in a lock file: see .npmrc' },
]

export function checkLeaks(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path }) => !aboutTidy.test(path))
    .flatMap((file) =>
      file.lines.flatMap((text, at) =>
        leaks
          .filter(({ pattern }) => pattern.test(text))
          .map(({ message }) => ({ path: file.path, line: at + 1, message })),
      ),
    )
}

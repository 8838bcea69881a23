import { posix } from 'node:path'
import ts from 'typescript'
import type { Finding, SourceFile } from './source-file.ts'

/**
 * Which room may import which. A room is a folder with everything below it that has no row of its
 * own; it may always import itself. An entry is a room, a single file, or `type:` and a file whose
 * types alone may be used. Two arrows matter most: protocol never reaches store, and replication
 * never reaches engine.
 */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  'core/base': [],
  'core/model': ['core/base'],
  'core/openwire': ['core/base', 'core/model'],
  'core/transport': ['core/base'],
  'broker/config': [
    'core/base',
    // The grammars of two settings.
    'broker/listener/connector-uri.ts',
    'broker/replication/sync-level.ts',
  ],
  'broker/store': ['core/base', 'core/model', 'broker/store/fold', 'broker/store/journal'],
  'broker/store/fold': ['core/base', 'core/model', 'broker/store', 'broker/store/journal'],
  'broker/store/journal': ['core/base', 'broker/store'],
  'broker/store/leveldb': [
    'core/base',
    'core/model',
    'broker/store',
    'broker/store/fold',
    'broker/store/journal',
    'broker/store/leveldb/files',
  ],
  'broker/store/leveldb/files': ['core/base', 'broker/store', 'broker/store/journal'],
  'broker/store/memory': [
    'core/base',
    'core/model',
    'broker/store',
    'broker/store/fold',
    'broker/store/journal',
  ],
  'broker/store/temporary': ['core/base', 'broker/store', 'broker/store/journal'],
  'broker/coordination': ['core/base', 'core/transport'],
  'broker/replication': [
    'core/base',
    'core/transport',
    'broker/coordination',
    'broker/store',
    'broker/store/journal',
  ],
  'broker/compaction': ['core/base', 'broker/store', 'broker/store/fold'],
  'broker/engine': ['core/base', 'core/model', 'broker/store'],
  'broker/protocol': [
    'core/base',
    'core/model',
    'core/openwire',
    'core/transport',
    'broker/engine',
    // The proof of durability that a receipt carries; an adapter never touches the store itself.
    'type:broker/store/message-store.ts',
  ],
  'broker/listener': ['core/base', 'core/transport', 'broker/protocol'],
  'broker/management': ['core/base', 'broker/config'],
  'broker/management/api': [
    'core/base',
    'core/model',
    'core/openwire',
    'broker/config',
    'broker/engine',
    'broker/management',
    // Destinations as the stored encoding has them.
    'broker/protocol/openwire/wire-destination.ts',
  ],
  // Reads what the others wrote, and writes nothing.
  'broker/inspection': [
    'core/base',
    'core/model',
    'broker/config/nearest-word.ts',
    'broker/replication',
    'broker/store',
    'broker/store/fold',
    'broker/store/journal',
    'broker/store/leveldb',
  ],
  'broker/backup': [
    'core/base',
    'broker/inspection',
    'broker/replication',
    'broker/store',
    'broker/store/journal',
  ],
  'broker/cli': [
    'core/base',
    'core/model',
    // Its producer and consumer are clients.
    'core/openwire',
    'core/transport',
    'broker/backup',
    'broker/config',
    'broker/management',
    'broker/coordination',
    'broker/inspection',
    // What the doctor counts with: connections of a connector, and space that is kept free.
    'broker/listener/connector-uri.ts',
    'broker/store/journal/store-space.ts',
    'broker/broker.ts',
    'broker/ports.ts',
  ],
  // The console knows the broker by its API alone: of the code it has the types of the answers.
  'console/api': [
    'type:broker/management/broker-status.ts',
    'type:broker/management/api/events/node-facts.ts',
    'type:broker/management/api/messages/message-view.ts',
    'type:broker/management/api/messages/new-message.ts',
    'type:broker/management/api/routes/caller.ts',
    'type:broker/management/api/routes/clients.ts',
    'type:broker/management/api/routes/destination-words.ts',
    'type:broker/management/api/routes/nodes.ts',
  ],
  'console/language': [],
  'console/figures': ['console/api'],
  'console/parts': ['console/api', 'console/figures', 'console/language'],
  'console/pages': ['console/api', 'console/figures', 'console/language', 'console/parts'],
}

/** Libraries by the room that may use them. Node's own modules are free for all. */
export const libraryTable: Readonly<Record<string, readonly string[]>> = {
  'broker/config': ['saxes', 'yaml'],
  'broker/store/leveldb': ['abstract-level', 'classic-level'],
  'broker/management': ['picocolors', 'pino'],
  'broker/management/api': ['fastify'],
  'broker/cli': ['commander', 'picocolors'],
  'console/api': ['preact'],
  'console/language': ['preact'],
  'console/parts': ['preact', 'uplot'],
  'console/pages': ['preact'],
}

/**
 * broker.ts and the files beside it put the rooms together: they may import everything. So do those
 * of the console, which is a page.
 */
const compositionRoot = /^(broker\/[^/]+\.ts|console\/[^/]+\.tsx?)$/

export interface Import {
  readonly specifier: string
  readonly line: number
  readonly isTypeOnly: boolean
}

/** Every import and re-export of a file, dynamic ones too. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = []
  const add = (node: ts.Node, specifier: ts.Expression | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    found.push({ specifier: specifier.text, line: file.lineOf(node), isTypeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const isTypeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      add(node, node.moduleSpecifier, isTypeOnly)
    } else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true)
    }
    ts.forEachChild(node, visit)
  }
  visit(file.tree)
  return found
}

/** The path of the file that an import names; undefined for libraries. */
export function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  const match = /^@quorate\/(\w+)\/(.+)$/.exec(specifier)
  return match === null ? undefined : `packages/${match[1]}/src/${match[2]}.ts`
}

/** `packages/broker/src/store/log-op.ts` -> `broker/store/log-op.ts`; undefined elsewhere. */
function sourceName(path: string): string | undefined {
  const match = /^packages\/(\w+)\/src\/(.+)$/.exec(path)
  return match === null ? undefined : `${match[1]}/${match[2]}`
}

/** The row of the table that a source file belongs to: the longest that fits. */
export function roomOf(name: string): string | undefined {
  const rooms = Object.keys(importTable).filter((room) => name.startsWith(`${room}/`))
  return rooms.sort((a, b) => b.length - a.length)[0]
}

function checkOne(file: SourceFile, name: string, room: string, found: Import): string | undefined {
  const target = targetOf(file.path, found.specifier)
  if (target === undefined) return checkLibrary(room, found.specifier)
  if (found.specifier.startsWith('.') && !/\.(tsx?|js)$/.test(found.specifier)) {
    return `"${found.specifier}": a relative import carries its .ts`
  }
  const targetName = sourceName(target)
  if (targetName === undefined) return `"${found.specifier}" is outside of the sources`
  if (found.specifier.startsWith('.') && targetName.split('/')[0] !== name.split('/')[0]) {
    return `"${found.specifier}" leaves the package: import @quorate/...`
  }
  const targetRoom = roomOf(targetName)
  if (targetRoom === room) return undefined
  const allowed = importTable[room] ?? []
  const fits =
    allowed.includes(targetName) ||
    (targetRoom !== undefined && allowed.includes(targetRoom)) ||
    (found.isTypeOnly && allowed.includes(`type:${targetName}`))
  if (fits) return undefined
  return `${room} may not import ${targetName}: the import table allows ${allowed.join(', ') || 'nothing'}`
}

function checkLibrary(room: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  const [scope = '', name = ''] = specifier.split('/')
  const library = scope.startsWith('@') ? `${scope}/${name}` : scope
  if (libraryTable[room]?.includes(library) === true) return undefined
  return `${room} may not use the library "${library}": see libraryTable`
}

/** Imports against the table. */
export function checkImports(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const name = sourceName(file.path)
    if (name === undefined || !file.isCode || compositionRoot.test(name)) return []
    const room = roomOf(name)
    if (room === undefined) {
      const message = 'in no room of the import table (scripts/tidy/imports.ts): add a row'
      return [{ path: file.path, line: 1, message }]
    }
    return importsOf(file).flatMap((found) => {
      const message = checkOne(file, name, room, found)
      return message === undefined ? [] : [{ path: file.path, line: found.line, message }]
    })
  })
}

/** Started by Node or by a script, and so imported by nobody. */
const entryPoints: readonly RegExp[] = [
  /\.test\.ts$/,
  /^packages\/broker\/src\/cli\/(main|activemq)\.ts$/,
  /^packages\/broker\/bin\//,
  /^scripts\/[^/]+$/,
  /^bench\//,
  /^test\/(interop|cluster|smoke)\/.*\.(ts|mjs)$/,
  /^test\/chaos\/.*\.mjs$/,
  // Commands of the attack: npm run chaos, npm run test:simulation.
  /^test\/(browser|chaos|simulation)\/[^/]+-command\.ts$/,
  // Named by the page of the console.
  /^packages\/console\/src\/main\.tsx$/,
  /(^|\/)[^/]+\.config\.js$/,
]

/** Files of code that nobody imports. */
export function checkDeadFiles(files: readonly SourceFile[]): Finding[] {
  const code = files.filter((file) => file.isCode)
  const imported = new Set(
    code.flatMap((file) =>
      importsOf(file).map(({ specifier }) => targetOf(file.path, specifier) ?? ''),
    ),
  )
  return code
    .filter(({ path }) => !imported.has(path) && !entryPoints.some((entry) => entry.test(path)))
    .map(({ path }) => ({
      path,
      line: 1,
      message: 'nobody imports this file: use it or remove it',
    }))
}

import { dirname } from 'node:path'
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Node, ParsedNode, YAMLMap } from 'yaml'
import { isSettingName, policyTargets, policyWords, settingNames } from './broker-settings.ts'
import type { SettingName } from './broker-settings.ts'
import { didYouMean } from './nearest-word.ts'
import type {
  Problem,
  SettingSource,
  WrittenConnector,
  WrittenPolicy,
  WrittenText,
} from './setting-source.ts'

const connectorWords = ['name', 'uri', 'publishedUri'] as const
type ConnectorWord = (typeof connectorWords)[number]

const wordsOfPolicies = [...policyTargets, ...Object.keys(policyWords)]

type Key = Node | null

/** Walks a parsed quorate.yaml and keeps, for each value, the place where it stands. */
class YamlReader {
  readonly texts = new Map<SettingName, WrittenText>()
  readonly problems: Problem[] = []
  connectors: WrittenConnector[] | undefined
  policies: WrittenPolicy[] | undefined
  readonly #file: string
  readonly #lines: LineCounter

  constructor(file: string, lines: LineCounter) {
    this.#file = file
    this.#lines = lines
  }

  where(node: { range?: readonly number[] | null } | null | undefined): string {
    const offset = node?.range?.[0]
    return offset === undefined ? this.#file : this.whereOffset(offset)
  }

  whereOffset(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#file}:${line}:${col}`
  }

  complain(node: { range?: readonly number[] | null } | null | undefined, message: string): void {
    this.problems.push({ where: this.where(node), message })
  }

  readSettings(map: YAMLMap<Key, Key>): void {
    for (const { key, value } of map.items) {
      const word = this.#keyOf(key)
      if (word === undefined) continue
      if (!isSettingName(word)) {
        this.complain(key, `unknown key "${word}"${didYouMean(word, settingNames)}`)
      } else if (word === 'transportConnectors') {
        this.#readConnectors(value, key)
      } else if (word === 'destinationPolicies') {
        this.#readPolicies(value, key)
      } else {
        const written = this.#textOf(word, value, key)
        if (written !== undefined) this.texts.set(word, written)
      }
    }
  }

  #keyOf(key: Key): string | undefined {
    if (isScalar(key) && typeof key.value === 'string') return key.value
    this.complain(key, 'a key must be a plain word')
    return undefined
  }

  #textOf(word: string, value: Key, key: Key): WrittenText | undefined {
    if (!isScalar(value) || value.value === null) {
      this.complain(
        value ?? key,
        `${word}: ${isScalar(value) ? 'has no value' : 'is no list or map'}`,
      )
      return undefined
    }
    // Numbers and booleans as they were written: `010` stays what the user sees.
    const text = typeof value.value === 'string' ? value.value : (value.source ?? '')
    return { where: this.where(value), text }
  }

  #readConnectors(list: Key, key: Key): void {
    if (!isSeq<Key>(list)) {
      this.complain(list ?? key, 'transportConnectors: must be a list of connectors')
      return
    }
    this.connectors = []
    for (const item of list.items) {
      if (isMap<Key, Key>(item)) this.connectors.push(this.#connectorOf(item))
      else {
        const uri = this.#textOf('transportConnectors', item, key)
        if (uri !== undefined) this.connectors.push({ where: uri.where, uri })
      }
    }
  }

  #readPolicies(list: Key, key: Key): void {
    if (!isSeq<Key>(list)) {
      this.complain(list ?? key, 'destinationPolicies: must be a list of policies')
      return
    }
    this.policies = []
    for (const item of list.items) {
      if (isMap<Key, Key>(item)) this.policies.push(this.#policyOf(item))
      else this.complain(item ?? key, 'destinationPolicies: a policy is a map like {queue: ">"}')
    }
  }

  #policyOf(map: YAMLMap<Key, Key>): WrittenPolicy {
    const words = new Map<string, WrittenText>()
    for (const { key, value } of map.items) {
      const word = this.#keyOf(key)
      if (word === undefined) continue
      if (!wordsOfPolicies.includes(word)) {
        const hint = didYouMean(word, wordsOfPolicies)
        this.complain(key, `destinationPolicies: unknown key "${word}"${hint}`)
        continue
      }
      const written = this.#textOf(`destinationPolicies.${word}`, value, key)
      if (written !== undefined) words.set(word, written)
    }
    return { where: this.where(map), words }
  }

  #connectorOf(map: YAMLMap<Key, Key>): WrittenConnector {
    const found: { -readonly [word in ConnectorWord]?: WrittenText } = {}
    for (const { key, value } of map.items) {
      const word = this.#keyOf(key)
      if (word === undefined) continue
      const known = connectorWords.find((candidate) => candidate === word)
      if (known === undefined) {
        const hint = didYouMean(word, connectorWords)
        this.complain(key, `transportConnectors: unknown key "${word}"${hint}`)
        continue
      }
      const written = this.#textOf(`transportConnectors.${known}`, value, key)
      if (written !== undefined) found[known] = written
    }
    return { where: this.where(map), ...found }
  }
}

/** Reads the text of a quorate.yaml. `file` is the name that messages show. Never throws. */
export function readYamlSettings(text: string, file: string): SettingSource {
  const lines = new LineCounter()
  const document = parseDocument<ParsedNode, true>(text, {
    lineCounter: lines,
    prettyErrors: false,
    maxAliasCount: 0,
  } as Parameters<typeof parseDocument>[1])
  const reader = new YamlReader(file, lines)
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    reader.problems.push({ where: reader.whereOffset(pos[0]), message })
  }
  const { contents } = document
  if (isMap<Key, Key>(contents)) reader.readSettings(contents)
  else if (contents !== null && reader.problems.length === 0 && !isEmpty(contents)) {
    reader.complain(contents, 'expected settings, one `key: value` a line')
  }
  return {
    texts: reader.texts,
    problems: reader.problems,
    folder: dirname(file),
    ...(reader.connectors === undefined ? {} : { connectors: reader.connectors }),
    ...(reader.policies === undefined ? {} : { policies: reader.policies }),
  }
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null
}

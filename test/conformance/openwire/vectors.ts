/**
 * What ActiveMQ's own marshallers make of every structure, and what our codec has to make of it.
 *
 *   objects.jsonl.gz    one line per object: its fields, and its frame in every format
 *   sequence.jsonl.gz   commands sent one after the other; then their frames by format, cached
 *
 * A format is a version, t or l for tight or loose, then n for no stack traces, p for no size
 * prefix. test/interop/openwire makes both files and checks that they are current.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { CodecOptions } from '@quorate/core/openwire/codec'
import type { DataStructure, StructureName, WireThrowable } from '@quorate/core/openwire/commands'
import { membersOf, templateOf, TypeId } from '@quorate/core/openwire/commands'
import type { Field, Structure } from '@quorate/core/openwire/field'
import { schema } from '@quorate/core/openwire/schema'

/** An object as the Java program prints it: longs as texts, bytes in hex. */
export type Dump = Readonly<Record<string, unknown>>

export interface ObjectVector {
  readonly object: Dump
  readonly frames: Readonly<Record<string, string>>
}

export interface SequenceFrames {
  readonly format: string
  readonly cacheSize: number
  readonly frames: readonly string[]
}

export interface SequenceVector {
  readonly objects: readonly Dump[]
  readonly sequences: readonly SequenceFrames[]
}

export const vectorFolder = fileURLToPath(new URL('vectors', import.meta.url))

export function readVectorFile(name: string): string {
  return gunzipSync(readFileSync(`${vectorFolder}/${name}.jsonl.gz`)).toString()
}

function linesOf(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

export function parseObjects(text: string): ObjectVector[] {
  return linesOf(text) as ObjectVector[]
}

export function parseSequence(text: string): SequenceVector {
  const lines = linesOf(text) as (ObjectVector | SequenceFrames)[]
  return {
    objects: lines.flatMap((line) => ('object' in line ? [line.object] : [])),
    sequences: lines.flatMap((line) => ('format' in line ? [line] : [])),
  }
}

export function optionsOf(format: string, cacheSize = 0): CodecOptions {
  return {
    version: Number.parseInt(format, 10),
    tight: format.includes('t'),
    sizePrefix: !format.includes('p'),
    cacheSize,
    stackTraceEnabled: !format.includes('n'),
    maxFrameBytes: 1_000_000,
  }
}

const nameByCode = new Map(
  Object.entries(TypeId).map(([name, code]) => [code as number, name as StructureName]),
)

/** The object that a format carries of a dumped one: fields it does not know hold their zero. */
export function expectedOf(dump: Dump, options: CodecOptions): DataStructure {
  const name = nameByCode.get(dump.type as number)
  if (name === undefined) throw new Error(`no structure ${String(dump.type)}`)
  const row = schema[name] as Structure
  const expected = templateOf(row)
  for (const field of row.fields) {
    if (field.since > options.version || field.until < options.version) continue
    expected[field.name] = valueOf(field, dump[field.name], options)
  }
  return expected as unknown as DataStructure
}

function valueOf(field: Field, value: unknown, options: CodecOptions): unknown {
  if (value === null) return null
  switch (field.kind) {
    case 'long': {
      const exact = BigInt(value as string)
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
    }
    case 'bytes':
    case 'fixedBytes':
      return Buffer.from(value as string, 'hex')
    case 'nested':
    case 'cached':
      return expectedOf(value as Dump, options)
    case 'list':
      return (value as (Dump | null)[]).map((item) =>
        item === null ? null : expectedOf(item, options),
      )
    case 'throwable':
      if (options.stackTraceEnabled) return value
      return { ...(value as WireThrowable), stackTrace: [], cause: null }
    default:
      return value
  }
}

/** The table as the Java program reads it; see Plan.java. */
export function planText(): string {
  const javaNames: Readonly<Record<string, string>> = { jmsType: 'type', transactionType: 'type' }
  const lines: string[] = []
  for (const [name, { code, since, fields }] of Object.entries(schema)) {
    lines.push(`structure ${name} ${code} ${since}`)
    for (const field of fields) {
      const java = javaNames[field.name] ?? field.name
      lines.push(['field', field.name, java, field.kind, ...membersOf(field.of)].join(' '))
    }
  }
  return lines.join('\n')
}

import type { DiskModel, FileChange, Kept, NameChange, Survivors } from './disk-model.ts'
import { WHOLE } from './disk-model.ts'
import { SECTOR_BYTES } from './sectors.ts'

/** 'power': only the medium is left. 'kill': the page cache is left as well. */
export type CrashCause = 'power' | 'kill'

export interface CrashState {
  readonly cause: CrashCause
  /** In words, for a failure's report. */
  readonly what: string
  readonly survivors: Survivors
}

/** What the kernel copies as a whole when a process writes. */
const PAGE_BYTES = 4096
/** Sectors of one write that are torn off one by one. */
const TORN_SECTORS_MAX = 8
const SHARES = [0.15, 0.5, 0.85]

/**
 * The states that a loss of power at this moment may leave: the telling ones, and some by chance.
 */
export function* powerStates(
  model: DiskModel,
  options: { readonly randomStates: number; readonly random: () => number },
): Generator<CrashState> {
  const { changes, names } = model
  yield state('nothing unsynced', [], [])
  if (changes.length + names.length === 0) return
  yield state('everything', changes, names)
  yield state('all names', [], names)
  yield state('all content', changes, [])
  for (const change of changes) yield* statesOfChange(model, change)
  for (const directory of new Set(names.map((change) => change.directory))) {
    yield* statesOfDirectory(model, directory)
  }
  for (let i = 0; i < options.randomStates; i++) yield randomState(model, options.random)
}

/**
 * What the process leaves when it is killed: all that ended, and of what was under way any part.
 */
export function* killStates({ changes, names }: DiskModel): Generator<CrashState> {
  const endedChanges = changes.filter(({ ended }) => ended)
  const endedNames = names.filter(({ ended }) => ended)
  yield { ...state('killed', endedChanges, endedNames), cause: 'kill' }
  if (changes.length === endedChanges.length && names.length === endedNames.length) return
  yield { ...state('killed, all under way done', changes, names), cause: 'kill' }
  for (const change of changes) {
    // A cut is there or not.
    if (change.ended || change.sectors.length === 0 || change.shrinks) continue
    for (const share of [1, 0.5]) {
      const kept: Kept = { sector: (at) => at < pagesUpTo(change, share), size: share === 1 }
      const map = new Map([...whole(endedChanges), [change, kept] as const])
      const what = `killed, ${share} of #${change.id} done`
      yield { cause: 'kill', what, survivors: { changes: map, names: new Set(endedNames) } }
    }
  }
}

/**
 * Sectors of a write that was interrupted somewhere: its beginning, because the kernel copies whole
 * pages from first to last.
 */
function pagesUpTo({ sectors }: FileChange, share: number): number {
  const next = sectors[Math.floor(sectors.length * share)]
  if (next === undefined) return sectors.length
  return sectors.findIndex(({ sector }) => pageOf(sector) === pageOf(next.sector))
}

const pageOf = (sector: number): number => Math.floor((sector * SECTOR_BYTES) / PAGE_BYTES)

function* statesOfChange({ changes, names }: DiskModel, change: FileChange): Generator<CrashState> {
  const others = changes.filter((other) => other !== change)
  const id = `#${change.id}`
  yield state(`only ${id}`, [change], names)
  yield state(`only ${id}, no names`, [change], [])
  yield state(`all but ${id}`, others, names)
  const part = (what: string, kept: Kept, rest: readonly FileChange[]): CrashState => ({
    cause: 'power',
    what,
    survivors: {
      changes: new Map([...whole(rest), [change, kept] as const]),
      names: new Set(names),
    },
  })
  if (change.sizeBytes !== null) {
    yield part(`only the size of ${id}`, { sector: () => false, size: true }, [])
    yield part(`all but the size of ${id}`, { sector: () => true, size: false }, others)
    yield part(`only the content of ${id}`, { sector: () => true, size: false }, [])
    yield part(`all but the content of ${id}`, { sector: () => false, size: true }, others)
  }
  if (change.sectors.length < 2) return
  for (const at of spread(change.sectors.length)) {
    const sector = `sector ${at} of ${id}`
    yield part(`only ${sector}`, { sector: (other) => other === at, size: true }, [])
    yield part(`all but ${sector}`, { sector: (other) => other !== at, size: true }, others)
    yield part(`${id} up to ${at}`, { sector: (other) => other < at, size: true }, others)
    yield part(`${id} from ${at}`, { sector: (other) => other >= at, size: true }, others)
    yield part(`${sector}, others`, { sector: (other) => other === at, size: true }, others)
  }
}

function* statesOfDirectory(
  { changes, names }: DiskModel,
  directory: string,
): Generator<CrashState> {
  const own = names.filter((change) => change.directory === directory)
  const others = names.filter((change) => change.directory !== directory)
  for (let count = 0; count <= own.length; count++) {
    const kept = own.slice(0, count)
    const what = `${count} names of ${directory}`
    yield state(what, [], kept)
    yield state(`${what}, all content`, changes, [...others, ...kept])
    yield state(`${what}, content, no other names`, changes, kept)
  }
  for (const change of own) {
    if (own.some((other) => other !== change && areRelated(other, change))) continue
    const what = `#${change.id} of the names`
    yield state(`only ${what}`, [], [change])
    yield state(`only ${what}, all content`, changes, [...others, change])
    const rest = names.filter((other) => other !== change)
    yield state(`all but ${what}`, [], rest)
    yield state(`all but ${what}, all content`, changes, rest)
  }
}

function randomState({ changes, names }: DiskModel, random: () => number): CrashState {
  const share = SHARES[Math.floor(random() * SHARES.length)]!
  const kept = new Map<FileChange, Kept>()
  for (const change of changes) {
    const bits = change.sectors.map(() => random() < share)
    const size = random() < share
    kept.set(change, { sector: (at) => bits[at]!, size })
  }
  const survivingNames: NameChange[] = []
  for (const change of names) {
    const blocked = names.some(
      (other) =>
        other.id < change.id && areRelated(other, change) && !survivingNames.includes(other),
    )
    if (!blocked && random() < share) survivingNames.push(change)
  }
  const what = `by chance ${share}`
  return { cause: 'power', what, survivors: { changes: kept, names: new Set(survivingNames) } }
}

/** They change the same name or the same file, so the later one needs the earlier one. */
function areRelated(a: NameChange, b: NameChange): boolean {
  return a.entries.some((one) =>
    b.entries.some(
      (other) => one.path === other.path || (one.inode !== null && one.inode === other.inode),
    ),
  )
}

function state(
  what: string,
  changes: readonly FileChange[],
  names: readonly NameChange[],
): CrashState {
  const survivors = { changes: new Map(whole(changes)), names: new Set(names) }
  return { cause: 'power', what, survivors }
}

function whole(changes: readonly FileChange[]): (readonly [FileChange, Kept])[] {
  return changes.map((change) => [change, WHOLE] as const)
}

/** Up to eight places of `count`, the first and the last among them. */
function spread(count: number): number[] {
  const wanted = Math.min(count, TORN_SECTORS_MAX)
  const places = Array.from({ length: wanted }, (_, i) =>
    Math.round((i * (count - 1)) / (wanted - 1)),
  )
  return [...new Set(places)]
}

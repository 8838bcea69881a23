/**
 * What whoever shows a status walks through: any server may answer where a broker is looked for,
 * and a broker of another version.
 */
export function wrongFieldOf(status: Readonly<Record<string, unknown>>): string | null {
  return wrongIn(statusFields, status, '')
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Fits = (value: unknown) => boolean
type Fields = Readonly<Record<string, Fits | Shape>>
/** An object with these fields, or a list of such objects; more fields may be there. */
interface Shape {
  readonly fields: Fields
  readonly isList: boolean
  /** null, or left out by a broker of an earlier version. */
  readonly mayLack: boolean
}

const isText: Fits = (value) => typeof value === 'string'
const isFlag: Fits = (value) => typeof value === 'boolean'
const isFigure: Fits = (value) => Number.isFinite(value)
const isCount: Fits = (value) => Number.isSafeInteger(value)
const orNull =
  (fits: Fits): Fits =>
  (value) =>
    value === null || fits(value)
const oneOf =
  (...words: readonly string[]): Fits =>
  (value) =>
    isText(value) && words.includes(value as string)
const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits)

const inside = (fields: Fields): Shape => ({ fields, isList: false, mayLack: false })
const insideIfAny = (fields: Fields): Shape => ({ fields, isList: false, mayLack: true })
const insideEach = (fields: Fields): Shape => ({ fields, isList: true, mayLack: false })

const catchUp = insideIfAny({
  hadBytes: isFigure,
  neededBytes: isFigure,
  percent: isFigure,
  bytesPerSecond: orNull(isFigure),
  remainingMs: orNull(isFigure),
})

const statusFields: Fields = {
  nodeId: isText,
  build: isText,
  uptimeMs: isFigure,
  role: oneOf('leader', 'follower', 'candidate', 'learner', 'starting', 'halted'),
  trouble: orNull(isText),
  possibleLosses: insideEach({ epoch: isCount, leader: isText, since: orNull(isText) }),
  epoch: isCount,
  leader: orNull(isText),
  sync: isText,
  seats: listOf(orNull(isText)),
  log: inside({ epoch: isCount, index: isCount, position: isCount, committedIndex: isCount }),
  // `freeBytes` may be unknown.
  store: insideIfAny({
    usedBytes: isFigure,
    limitBytes: isFigure,
    percentUsed: isFigure,
    headRoomBytes: isFigure,
  }),
  catchUp,
  followers: insideEach({
    nodeId: isText,
    state: oneOf('voter', 'suspect', 'learner'),
    connected: isFlag,
    lagRecords: isFigure,
    lagBytes: isFigure,
    catchUp,
  }),
  links: insideEach({ nodeId: isText, connected: isFlag }),
  coordination: inside({ address: isText, state: isText }),
  members: insideEach({ nodeId: isText, consoleUrl: orNull(isText) }),
  announced: insideIfAny({
    path: isText,
    elected: insideIfAny({ nodeId: isText, epoch: isCount }),
    members: insideEach({
      nodeId: isText,
      state: isText,
      lastEpoch: isCount,
      lastIndex: isCount,
      position: isCount,
      weight: isFigure,
    }),
  }),
  clients: inside({ connections: isFigure, waitingMessages: isFigure }),
  clientUris: listOf(isText),
}

/** The path of the first field that is missing or wrong; null: all are right. */
function wrongIn(
  fields: Fields,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string | null {
  for (const [name, wanted] of Object.entries(fields)) {
    const path = at + name
    const found = value[name]
    if (typeof wanted === 'function') {
      if (!wanted(found)) return path
    } else {
      const wrong = wrongInside(wanted, found, path)
      if (wrong !== null) return wrong
    }
  }
  return null
}

function wrongInside(shape: Shape, value: unknown, path: string): string | null {
  if (shape.mayLack && value == null) return null
  if (!shape.isList) return isRecord(value) ? wrongIn(shape.fields, value, `${path}.`) : path
  if (!Array.isArray(value)) return path
  for (const [at, item] of value.entries()) {
    const wrong = isRecord(item) ? wrongIn(shape.fields, item, `${path}[${at}].`) : path
    if (wrong !== null) return wrong
  }
  return null
}

/** What Chromium and `node --cpu-prof` write: the parts that we use. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Ids of nodes, in the order of time... */
  readonly samples: readonly number[]
  /** ...and the microseconds before each. */
  readonly timeDeltas: readonly number[]
}

export interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    /** '' for what is not JavaScript. */
    readonly url: string
    readonly lineNumber: number
  }
}

export interface Share {
  readonly name: string
  readonly microseconds: number
}

export interface ProfileSummary {
  readonly totalMicroseconds: number
  /** Of it, with something to do. */
  readonly busyMicroseconds: number
  /**
   * By where the code lies, most first: a room of ours, a part of Node, or what is none of both.
   */
  readonly rooms: readonly Share[]
  readonly functions: readonly Share[]
}

/** Functions of V8 and Node that carry no file. */
const IDLE = '(idle)'
const rooms: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'node, natively',
  writev: 'sockets: writing',
  writeBuffer: 'sockets: writing',
  writeUtf8String: 'sockets: writing',
  writeBuffers: 'files: asking a thread',
  fdatasync: 'files: asking a thread',
  read: 'files: asking a thread',
  crc32: 'checksums',
}

/** Sums up by time spent in a function itself, not in what it calls. */
export function summarize(profile: CpuProfile): ProfileSummary {
  const own = ownMicroseconds(profile)
  const byRoom = new Map<string, number>()
  const byFunction = new Map<string, number>()
  let total = 0
  let idle = 0
  for (const { id, callFrame } of profile.nodes) {
    const microseconds = own.get(id) ?? 0
    total += microseconds
    if (callFrame.functionName === IDLE) idle += microseconds
    if (callFrame.functionName === IDLE || microseconds === 0) continue
    add(byRoom, roomOf(callFrame), microseconds)
    add(byFunction, functionOf(callFrame), microseconds)
  }
  return {
    totalMicroseconds: total,
    busyMicroseconds: total - idle,
    rooms: sorted(byRoom),
    functions: sorted(byFunction),
  }
}

/** Throws an Error that says what the text is not. */
export function parseProfile(text: string): CpuProfile {
  const value = JSON.parse(text) as Partial<CpuProfile> | null
  const { nodes, samples, timeDeltas } = value ?? {}
  if (!Array.isArray(nodes) || !Array.isArray(samples) || !Array.isArray(timeDeltas)) {
    throw new Error('no profile of a processor: nodes, samples or timeDeltas are missing')
  }
  return value as CpuProfile
}

function ownMicroseconds({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const own = new Map<number, number>()
  samples.forEach((id, at) => add(own, id, timeDeltas[at] ?? 0))
  return own
}

/** `packages/broker/dist/store/journal/record.js` lies in `store/journal`. */
function roomOf({ functionName, url }: ProfileNode['callFrame']): string {
  const ours = /\/packages\/([^/]+)\/(?:dist|src)\/(.*)$/.exec(url)
  if (ours !== null) {
    const [, packageName = '', path = ''] = ours
    const folders = path.split('/').slice(0, -1)
    const room = folders.join('/') || path
    return packageName === 'broker' ? room : `${packageName}/${room}`
  }
  if (url.startsWith('node:')) return 'node'
  if (url === '') return rooms[functionName] ?? 'node, natively'
  return 'libraries'
}

function functionOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const file = url.replace(/^.*\/(?:dist|src|node_modules)\//, '')
  // The profiler counts lines from 0.
  return `${name} ${file}:${lineNumber + 1}`
}

function add<Key>(to: Map<Key, number>, key: Key, microseconds: number): void {
  to.set(key, (to.get(key) ?? 0) + microseconds)
}

function sorted(shares: ReadonlyMap<string, number>): Share[] {
  const all = Array.from(shares, ([name, microseconds]) => ({ name, microseconds }))
  return all.sort((a, b) => b.microseconds - a.microseconds)
}

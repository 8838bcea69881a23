import { assert } from '@quorate/core/base/errors'
import { lastPart, parentPath } from '../zookeeper/path.ts'
import type { Acl, Stat } from '../zookeeper/protocol.ts'
import type { WatchEvent } from '../zookeeper/watch-registry.ts'
import { listBytes, openList } from './access-control.ts'
import type { Change, Transaction } from './transactions.ts'

/** What a change did, for those who watch and may read the node. */
export interface TreeEvent extends WatchEvent {
  /** Of the node, as it was at that moment. */
  readonly acl: readonly Acl[]
}

export interface TreeNode {
  /** null is not empty: a node may have been made without data. */
  data: Buffer | null
  acl: readonly Acl[]
  readonly children: Set<string>
  readonly czxid: bigint
  /** Milliseconds since 1970, as `mtime`. */
  readonly ctime: bigint
  mzxid: bigint
  mtime: bigint
  pzxid: bigint
  version: number
  aclVersion: number
  /** Children ever created; the next sequential child gets this number. */
  creations: number
  /** 0 = persistent. */
  readonly ephemeralOwner: bigint
}

export interface TreeSession {
  readonly id: bigint
  readonly timeoutMs: number
  readonly password: Buffer
}

/** Named by every ZooKeeper; nobody may delete it. */
export const reservedPath = '/zookeeper'

/** Rough cost of a node beside its path and data. */
const nodeOverheadBytes = 256

/**
 * The state of the coordination server: a tree of nodes and the sessions that own some of them. It
 * knows no clock, disk or network; what changes it comes in transactions, and the same transactions
 * give the same tree. Deciding whether a change is allowed is not its business.
 */
export class DataTree {
  readonly #nodes = new Map<string, TreeNode>()
  readonly #sessions = new Map<bigint, TreeSession>()
  readonly #ephemerals = new Map<bigint, Set<string>>()
  #lastZxid = 0n
  #bytes = 0
  /** While set, how to take back what was applied, newest last. */
  #undo: (() => void)[] | undefined

  constructor() {
    this.#put('/', emptyNode())
    this.#put(reservedPath, emptyNode())
    this.#nodes.get('/')?.children.add(lastPart(reservedPath))
  }

  get lastZxid(): bigint {
    return this.#lastZxid
  }

  get nodeCount(): number {
    return this.#nodes.size
  }

  /** What the nodes hold, roughly, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  node(path: string): TreeNode | undefined {
    return this.#nodes.get(path)
  }

  session(id: bigint): TreeSession | undefined {
    return this.#sessions.get(id)
  }

  sessions(): IterableIterator<TreeSession> {
    return this.#sessions.values()
  }

  nodes(): IterableIterator<[string, TreeNode]> {
    return this.#nodes.entries()
  }

  /** What clients are shown. They count every change of the children; we count creations. */
  stat(node: TreeNode): Stat {
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: (node.creations * 2 - node.children.size) | 0,
      aversion: node.aclVersion,
      ephemeralOwner: node.ephemeralOwner,
      dataLength: node.data?.length ?? 0,
      numChildren: node.children.size,
      pzxid: node.pzxid,
    }
  }

  /** Applies a whole transaction; the events are for whoever watches. */
  apply(transaction: Transaction): readonly TreeEvent[] {
    const events = transaction.changes.flatMap((change) => this.applyChange(change, transaction))
    this.#lastZxid = transaction.zxid
    return events
  }

  /** Applies one change of a transaction that may yet be taken back. */
  applyChange(
    change: Change,
    stamp: { readonly zxid: bigint; readonly timeMs: bigint },
  ): readonly TreeEvent[] {
    switch (change.type) {
      case 'createSession':
        return this.#createSession(change)
      case 'closeSession':
        return this.#closeSession(change.sessionId, stamp.zxid)
      case 'create':
        return this.#create(change, stamp)
      case 'delete':
        return this.#delete(change.path, stamp.zxid)
      case 'setData':
        return this.#setData(change, stamp)
      case 'setAcl':
        return this.#setAcl(change)
    }
  }

  /** Runs `work`; when it answers false, everything it applied is taken back. */
  attempt(work: () => boolean): boolean {
    assert(this.#undo === undefined, 'attempts do not nest')
    const undo: (() => void)[] = []
    this.#undo = undo
    try {
      if (work()) return true
      for (const takeBack of undo.reverse()) takeBack()
      return false
    } finally {
      this.#undo = undefined
    }
  }

  /** The attempt stands: from now on the tree is at this zxid. */
  advance(zxid: bigint): void {
    assert(zxid > this.#lastZxid, 'zxids grow')
    this.#lastZxid = zxid
  }

  /** Puts a node in as a snapshot holds it. False when its parent did not come before. */
  restoreNode(path: string, node: TreeNode): boolean {
    if (path !== '/' && !this.#nodes.has(parentPath(path))) return false
    if (this.#nodes.has(path)) this.#remove(path)
    this.#put(path, node)
    if (path !== '/') this.#expect(parentPath(path)).children.add(lastPart(path))
    return true
  }

  restoreSession(session: TreeSession): void {
    this.#sessions.set(session.id, session)
    if (!this.#ephemerals.has(session.id)) this.#ephemerals.set(session.id, new Set())
  }

  restoreZxid(zxid: bigint): void {
    this.#lastZxid = zxid
  }

  #createSession(change: ChangeOf<'createSession'>): readonly TreeEvent[] {
    const { sessionId: id, timeoutMs } = change
    this.restoreSession({ id, timeoutMs, password: Buffer.from(change.password ?? []) })
    return []
  }

  #closeSession(id: bigint, zxid: bigint): readonly TreeEvent[] {
    const paths = [...(this.#ephemerals.get(id) ?? [])]
    this.#sessions.delete(id)
    const events = paths.flatMap((path) => this.#delete(path, zxid))
    this.#ephemerals.delete(id)
    return events
  }

  #create(
    change: ChangeOf<'create'>,
    { zxid, timeMs }: { readonly zxid: bigint; readonly timeMs: bigint },
  ): readonly TreeEvent[] {
    const { path } = change
    const parent = this.#expect(parentPath(path))
    const { creations, pzxid } = parent
    parent.children.add(lastPart(path))
    parent.creations = next(parent.creations)
    parent.pzxid = zxid
    this.#put(path, {
      ...emptyNode(),
      // Slices of the frame would keep all of it.
      data: change.data === null ? null : Buffer.from(change.data),
      acl: change.acl,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: timeMs,
      mtime: timeMs,
      ephemeralOwner: change.ephemeralOwner,
    })
    this.#undo?.push(() => {
      this.#remove(path)
      parent.children.delete(lastPart(path))
      Object.assign(parent, { creations, pzxid })
    })
    return [
      { type: 'created', path, acl: change.acl },
      { type: 'childrenChanged', path: parentPath(path), acl: parent.acl },
    ]
  }

  #delete(path: string, zxid: bigint): readonly TreeEvent[] {
    const node = this.#expect(path)
    const parent = this.#expect(parentPath(path))
    const { pzxid } = parent
    this.#remove(path)
    parent.children.delete(lastPart(path))
    parent.pzxid = zxid
    this.#undo?.push(() => {
      this.#put(path, node)
      parent.children.add(lastPart(path))
      parent.pzxid = pzxid
    })
    return [
      { type: 'deleted', path, acl: node.acl },
      { type: 'childrenChanged', path: parentPath(path), acl: parent.acl },
    ]
  }

  #setData(
    change: ChangeOf<'setData'>,
    { zxid, timeMs }: { readonly zxid: bigint; readonly timeMs: bigint },
  ): readonly TreeEvent[] {
    const { path } = change
    const node = this.#expect(path)
    const { data, version, mzxid, mtime } = node
    this.#bytes += (change.data?.length ?? 0) - (data?.length ?? 0)
    node.data = change.data === null ? null : Buffer.from(change.data)
    node.version = next(node.version)
    node.mzxid = zxid
    node.mtime = timeMs
    this.#undo?.push(() => {
      this.#bytes += (data?.length ?? 0) - (node.data?.length ?? 0)
      Object.assign(node, { data, version, mzxid, mtime })
    })
    return [{ type: 'dataChanged', path, acl: node.acl }]
  }

  #setAcl(change: ChangeOf<'setAcl'>): readonly TreeEvent[] {
    const node = this.#expect(change.path)
    assert(this.#undo === undefined, 'a multi holds no change of rights')
    this.#bytes += listBytes(change.acl) - listBytes(node.acl)
    node.acl = change.acl
    node.aclVersion = next(node.aclVersion)
    return []
  }

  #put(path: string, node: TreeNode): void {
    this.#nodes.set(path, node)
    this.#bytes += costOf(path, node)
    if (node.ephemeralOwner === 0n) return
    const owned = this.#ephemerals.get(node.ephemeralOwner) ?? new Set()
    this.#ephemerals.set(node.ephemeralOwner, owned.add(path))
  }

  #remove(path: string): void {
    const node = this.#expect(path)
    this.#nodes.delete(path)
    this.#bytes -= costOf(path, node)
    if (node.ephemeralOwner !== 0n) this.#ephemerals.get(node.ephemeralOwner)?.delete(path)
  }

  #expect(path: string): TreeNode {
    const node = this.#nodes.get(path)
    assert(node !== undefined, `a transaction changes ${path}, which does not exist`)
    return node
  }
}

type ChangeOf<T extends Change['type']> = Extract<Change, { readonly type: T }>

function costOf(path: string, node: TreeNode): number {
  return path.length + (node.data?.length ?? 0) + listBytes(node.acl) + nodeOverheadBytes
}

/** Versions are 32 bits on the wire. */
function next(version: number): number {
  return version === 0x7fff_ffff ? 0 : version + 1
}

function emptyNode(): TreeNode {
  return {
    data: Buffer.alloc(0),
    acl: openList,
    children: new Set(),
    czxid: 0n,
    ctime: 0n,
    mzxid: 0n,
    mtime: 0n,
    pzxid: 0n,
    version: 0,
    aclVersion: 0,
    creations: 0,
    ephemeralOwner: 0n,
  }
}

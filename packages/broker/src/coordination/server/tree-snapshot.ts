import { BrokerError } from '@quorate/core/base/errors'
import { buffer, int, long, record, union, ustring, vector } from '../zookeeper/jute.ts'
import type { JuteValue } from '../zookeeper/jute.ts'
import { Acl } from '../zookeeper/protocol.ts'
import { DataTree } from './data-tree.ts'

/**
 * A tree as a list of records: one `begin`, any number of sessions, then of nodes, parents before
 * their children, and one `end`, without which the list is cut off.
 */
export const SnapshotRecord = union({
  begin: { code: 1, body: record({ zxid: long }) },
  session: { code: 2, body: record({ id: long, timeoutMs: int, password: buffer }) },
  node: {
    code: 3,
    body: record({
      path: ustring,
      data: buffer,
      acl: vector(Acl),
      czxid: long,
      mzxid: long,
      pzxid: long,
      ctime: long,
      mtime: long,
      version: int,
      aclVersion: int,
      creations: int,
      ephemeralOwner: long,
    }),
  },
  end: { code: 4, body: record({ sessions: int, nodes: int }) },
})

export type SnapshotRecord = JuteValue<typeof SnapshotRecord>

export function* snapshotOf(tree: DataTree): Generator<SnapshotRecord> {
  yield { type: 'begin', zxid: tree.lastZxid }
  for (const session of tree.sessions()) yield { type: 'session', ...session }
  for (const [path, node] of tree.nodes()) yield { type: 'node', path, ...node }
  yield { type: 'end', sessions: tree.sessionCount, nodes: tree.nodeCount }
}

/** The tree of a whole list of records; throws JOURNAL_CORRUPT for anything else. */
export function treeOf(records: Iterable<SnapshotRecord>): DataTree {
  const tree = new DataTree()
  let ended = false
  for (const entry of records) {
    if (ended) throw corrupt('goes on after its end')
    if (entry.type === 'begin') tree.restoreZxid(entry.zxid)
    else if (entry.type === 'session') restoreSession(tree, entry)
    else if (entry.type === 'node') restoreNode(tree, entry)
    else ended = entry.sessions === tree.sessionCount && entry.nodes === tree.nodeCount
  }
  if (!ended) throw corrupt('is not whole')
  return tree
}

function restoreSession(tree: DataTree, entry: RecordOf<'session'>): void {
  const { id, timeoutMs } = entry
  tree.restoreSession({ id, timeoutMs, password: Buffer.from(entry.password ?? []) })
}

function restoreNode(tree: DataTree, { path, data, ...entry }: RecordOf<'node'>): void {
  const node = {
    ...entry,
    data: data === null ? null : Buffer.from(data),
    acl: [...entry.acl],
    children: new Set<string>(),
  }
  if (!tree.restoreNode(path, node)) throw corrupt(`has ${path} before its parent`)
}

type RecordOf<T extends SnapshotRecord['type']> = Extract<SnapshotRecord, { readonly type: T }>

function corrupt(what: string): BrokerError {
  return new BrokerError('JOURNAL_CORRUPT', `a snapshot of the coordination tree ${what}`)
}

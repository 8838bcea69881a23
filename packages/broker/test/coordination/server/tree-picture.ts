import type { DataTree } from '../../../src/coordination/server/data-tree.ts'

/** Everything that clients and a later start can see of a tree. */
export function pictureOf(tree: DataTree): unknown {
  const nodes = [...tree.nodes()]
    .map(([path, node]) => ({
      path,
      data: node.data?.toString('hex') ?? null,
      acl: node.acl,
      children: [...node.children].sort(),
      creations: node.creations,
      stat: tree.stat(node),
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
  const sessions = [...tree.sessions()].sort((one, other) => Number(one.id - other.id))
  return { nodes, sessions, bytes: tree.bytes, zxid: tree.lastZxid }
}

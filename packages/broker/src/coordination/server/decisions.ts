import { parentPath, pathProblem } from '../zookeeper/path.ts'
import { createModes, permissions } from '../zookeeper/protocol.ts'
import type { MultiOperation, Refusal, RequestOf } from '../zookeeper/protocol.ts'
import { allows, resolveList } from './access-control.ts'
import type { Identity } from './access-control.ts'
import { reservedPath } from './data-tree.ts'
import type { DataTree, TreeNode } from './data-tree.ts'
import type { Change } from './transactions.ts'

export interface Caller {
  readonly sessionId: bigint
  readonly identities: readonly Identity[]
}

/** An allowed write: what it changes (a check changes nothing), and the reply once it is made. */
export interface Decision {
  readonly change: Change | null
  readonly answer: () => unknown
}

export const treeLimits = {
  /** As in ZooKeeper. */
  nodeDataBytesMax: 1024 * 1024,
  pathLengthMax: 4096,
  nodesMax: 100_000,
  bytesMax: 64 * 1024 * 1024,
} as const

/**
 * Decides about one write. The checks come in the order in which ZooKeeper makes them, so that the
 * same mistake gets the same answer; only the limits of size are our own.
 */
export function decide(
  tree: DataTree,
  caller: Caller,
  operation: MultiOperation,
): Decision | Refusal {
  switch (operation.type) {
    case 'create':
    case 'create2':
      return decideCreate(tree, caller, operation.request)
    case 'delete':
      return decideDelete(tree, caller, operation.request)
    case 'setData':
      return decideSetData(tree, caller, operation.request)
    case 'check':
      return decideCheck(tree, caller, operation.request)
  }
}

function decideCreate(
  tree: DataTree,
  caller: Caller,
  { path, data, acl, mode }: RequestOf<'create'>,
): Decision | Refusal {
  const kind = createKind(mode)
  if (typeof kind === 'string') return kind
  if (!hasParent(path) || tooLarge(path, data)) return 'BadArguments'
  const list = resolveList(acl, caller.identities)
  if (list === null) return 'InvalidAcl'
  const parent = tree.node(parentPath(path))
  if (parent === undefined) return 'NoNode'
  if (!allows(parent.acl, permissions.create, caller.identities)) return 'NoAuth'
  const name = kind.sequential ? path + String(parent.creations).padStart(10, '0') : path
  if (pathProblem(name) !== null) return 'BadArguments'
  if (tree.node(name) !== undefined) return 'NodeExists'
  if (parent.ephemeralOwner !== 0n) return 'NoChildrenForEphemerals'
  if (isFull(tree, data)) return 'QuotaExceeded'
  const ephemeralOwner = kind.ephemeral ? caller.sessionId : 0n
  return {
    change: { type: 'create', path: name, data, acl: list, ephemeralOwner },
    answer: () => ({ path: name, stat: statAt(tree, name) }),
  }
}

function decideDelete(
  tree: DataTree,
  caller: Caller,
  { path, version }: RequestOf<'delete'>,
): Decision | Refusal {
  if (!hasParent(path) || path === '/' || path === reservedPath) return 'BadArguments'
  const parent = tree.node(parentPath(path))
  if (parent === undefined) return 'NoNode'
  if (!allows(parent.acl, permissions.delete, caller.identities)) return 'NoAuth'
  const node = tree.node(path)
  if (node === undefined) return 'NoNode'
  if (!matches(version, node.version)) return 'BadVersion'
  if (node.children.size > 0) return 'NotEmpty'
  return { change: { type: 'delete', path }, answer: () => ({}) }
}

function decideSetData(
  tree: DataTree,
  caller: Caller,
  { path, data, version }: RequestOf<'setData'>,
): Decision | Refusal {
  if (pathProblem(path) !== null || tooLarge(path, data)) return 'BadArguments'
  const node = tree.node(path)
  if (node === undefined) return 'NoNode'
  if (!allows(node.acl, permissions.write, caller.identities)) return 'NoAuth'
  if (!matches(version, node.version)) return 'BadVersion'
  if (isFull(tree, data)) return 'QuotaExceeded'
  return { change: { type: 'setData', path, data }, answer: () => ({ stat: tree.stat(node) }) }
}

function decideCheck(
  tree: DataTree,
  caller: Caller,
  { path, version }: { readonly path: string; readonly version: number },
): Decision | Refusal {
  if (pathProblem(path) !== null) return 'BadArguments'
  const node = tree.node(path)
  if (node === undefined) return 'NoNode'
  if (!allows(node.acl, permissions.read, caller.identities)) return 'NoAuth'
  if (!matches(version, node.version)) return 'BadVersion'
  return { change: null, answer: () => ({}) }
}

export function decideSetAcl(
  tree: DataTree,
  caller: Caller,
  { path, acl, version }: RequestOf<'setAcl'>,
): Decision | Refusal {
  if (pathProblem(path) !== null || tooLarge(path, null)) return 'BadArguments'
  const list = resolveList(acl, caller.identities)
  if (list === null) return 'InvalidAcl'
  const node = tree.node(path)
  if (node === undefined) return 'NoNode'
  if (!allows(node.acl, permissions.admin, caller.identities)) return 'NoAuth'
  if (!matches(version, node.aclVersion)) return 'BadVersion'
  if (isFull(tree, null)) return 'QuotaExceeded'
  const change: Change = { type: 'setAcl', path, acl: list }
  return { change, answer: () => ({ stat: tree.stat(node) }) }
}

/** A node that the caller may read, for the operations that look. */
export function readable(
  tree: DataTree,
  caller: Caller,
  { path, permission }: { readonly path: string; readonly permission: number },
): TreeNode | Refusal {
  const node = tree.node(path)
  if (node === undefined) return 'NoNode'
  return allows(node.acl, permission, caller.identities) ? node : 'NoAuth'
}

interface CreateKind {
  readonly ephemeral: boolean
  readonly sequential: boolean
}

/** Containers and nodes with a time to live exist in ZooKeeper; we have neither. */
const unsupportedModes: readonly number[] = [4, 5, 6]

function createKind(mode: number): CreateKind | Refusal {
  switch (mode) {
    case createModes.persistent:
      return { ephemeral: false, sequential: false }
    case createModes.ephemeral:
      return { ephemeral: true, sequential: false }
    case createModes.persistentSequential:
      return { ephemeral: false, sequential: true }
    case createModes.ephemeralSequential:
      return { ephemeral: true, sequential: true }
    default:
      return unsupportedModes.includes(mode) ? 'Unimplemented' : 'BadArguments'
  }
}

function hasParent(path: string): boolean {
  return path.includes('/') && !path.includes('\0')
}

function tooLarge(path: string, data: Buffer | null): boolean {
  const dataBytes = data?.length ?? 0
  return path.length > treeLimits.pathLengthMax || dataBytes > treeLimits.nodeDataBytesMax
}

function isFull(tree: DataTree, data: Buffer | null): boolean {
  const bytes = tree.bytes + (data?.length ?? 0)
  return tree.nodeCount >= treeLimits.nodesMax || bytes > treeLimits.bytesMax
}

/** -1 asks for any version. */
function matches(wanted: number, actual: number): boolean {
  return wanted === -1 || wanted === actual
}

function statAt(tree: DataTree, path: string) {
  const node = tree.node(path)
  return node === undefined ? undefined : tree.stat(node)
}

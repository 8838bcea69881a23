import { refusals, permissions } from '../zookeeper/protocol.ts'
import type {
  MultiOperation,
  MultiResult,
  OperationName,
  Refusal,
  RequestOf,
} from '../zookeeper/protocol.ts'
import { allows, withoutHashes } from './access-control.ts'
import type { DataTree, TreeEvent } from './data-tree.ts'
import { decide, decideSetAcl, readable } from './decisions.ts'
import type { Caller, Decision } from './decisions.ts'
import type { Change, Transaction } from './transactions.ts'

/** Where a watch is to be set. */
export interface WatchPlace {
  readonly kind: 'data' | 'children'
  readonly path: string
}

export interface Outcome {
  /** 0, or why it was refused. */
  readonly err: number
  /** The body of the reply, when `err` is 0. */
  readonly response?: unknown
  /** What was changed: to be durable before anybody hears of it. */
  readonly transaction?: Transaction
  readonly events?: readonly TreeEvent[]
  readonly watch?: WatchPlace
}

/** The operations that concern the tree and not the connection. */
export type TreeOperation = Exclude<OperationName, 'auth' | 'setWatches' | 'closeSession' | 'ping'>
export type TreeRequest = {
  readonly [N in TreeOperation]: { readonly operation: N; readonly request: RequestOf<N> }
}[TreeOperation]

type ReadRequest = Extract<
  TreeRequest,
  { readonly operation: 'exists' | 'getData' | 'getAcl' | 'getChildren' | 'getChildren2' | 'sync' }
>

/** Carries requests out on the tree, one at a time, each wholly or not at all. */
export class RequestProcessor {
  readonly #tree: DataTree
  readonly #wallMs: () => number

  constructor(tree: DataTree, wallMs: () => number) {
    this.#tree = tree
    this.#wallMs = wallMs
  }

  handle(caller: Caller, asked: TreeRequest): Outcome {
    const { operation: type } = asked
    switch (type) {
      case 'create':
      case 'create2':
        return this.#write(decide(this.#tree, caller, { type, request: asked.request }))
      case 'delete':
        return this.#write(decide(this.#tree, caller, { type, request: asked.request }))
      case 'setData':
        return this.#write(decide(this.#tree, caller, { type, request: asked.request }))
      case 'setAcl':
        return this.#write(decideSetAcl(this.#tree, caller, asked.request))
      case 'multi':
        return this.#multi(caller, asked.request)
      default:
        return this.#read(caller, asked)
    }
  }

  /** A change that nobody can refuse: a session begins or ends. */
  change(change: Change): Outcome {
    return this.#write({ change, answer: () => ({}) })
  }

  #write(decision: Decision | Refusal): Outcome {
    if (typeof decision === 'string') return { err: refusals[decision] }
    if (decision.change === null) return { err: 0, response: decision.answer() }
    const transaction = { changes: [decision.change], ...this.#stamp() }
    const events = this.#tree.apply(transaction)
    return { err: 0, response: decision.answer(), transaction, events }
  }

  /** Every part sees what the parts before it did; when one is refused, none of it happened. */
  #multi(caller: Caller, parts: readonly MultiOperation[]): Outcome {
    const stamp = this.#stamp()
    const changes: Change[] = []
    const events: TreeEvent[] = []
    const results: MultiResult[] = []
    let refused: { readonly at: number; readonly err: number } | undefined
    this.#tree.attempt(() => {
      for (const [at, part] of parts.entries()) {
        const decision = decide(this.#tree, caller, part)
        if (typeof decision === 'string') {
          refused = { at, err: refusals[decision] }
          return false
        }
        if (decision.change !== null) {
          changes.push(decision.change)
          events.push(...this.#tree.applyChange(decision.change, stamp))
        }
        // As ZooKeeper does: inside a multi the two creates are answered alike, without a stat.
        const type = part.type === 'create2' ? 'create' : part.type
        results.push({ type, response: decision.answer() } as MultiResult)
      }
      return true
    })
    if (refused !== undefined) return { err: 0, response: refusedParts(parts.length, refused) }
    if (changes.length === 0) return { err: 0, response: results }
    this.#tree.advance(stamp.zxid)
    return { err: 0, response: results, transaction: { ...stamp, changes }, events }
  }

  #read(caller: Caller, asked: ReadRequest): Outcome {
    const { path } = asked.request
    if (asked.operation === 'sync') return { err: 0, response: { path } }
    if (asked.operation === 'exists') return this.#exists(asked.request)
    const { read, admin } = permissions
    const permission = asked.operation === 'getAcl' ? read | admin : read
    const node = readable(this.#tree, caller, { path, permission })
    if (typeof node === 'string') return { err: refusals[node] }
    const stat = this.#tree.stat(node)
    if (asked.operation === 'getAcl') {
      const full = allows(node.acl, admin, caller.identities)
      return { err: 0, response: { acl: full ? node.acl : withoutHashes(node.acl), stat } }
    }
    const kind = asked.operation === 'getData' ? 'data' : 'children'
    const response =
      kind === 'data' ? { data: node.data, stat } : { children: [...node.children], stat }
    return asked.request.watch ? { err: 0, response, watch: { kind, path } } : { err: 0, response }
  }

  /** Needs no right, and the watch is set also where there is nothing yet. */
  #exists({ path, watch }: RequestOf<'exists'>): Outcome {
    const node = this.#tree.node(path)
    const place = watch ? { watch: { kind: 'data', path } as const } : {}
    if (node === undefined) return { err: refusals.NoNode, ...place }
    return { err: 0, response: { stat: this.#tree.stat(node) }, ...place }
  }

  #stamp(): { readonly zxid: bigint; readonly timeMs: bigint } {
    return { zxid: this.#tree.lastZxid + 1n, timeMs: BigInt(Math.floor(this.#wallMs())) }
  }
}

/** As ZooKeeper answers: the part at fault says why, those after it -2, those before it 0. */
function refusedParts(
  count: number,
  { at, err }: { readonly at: number; readonly err: number },
): readonly MultiResult[] {
  return Array.from({ length: count }, (_, part) => {
    if (part === at) return { type: 'error', err }
    return { type: 'error', err: part < at ? 0 : refusals.RuntimeInconsistency }
  })
}

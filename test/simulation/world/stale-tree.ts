import { DataTree } from '@quorate/broker/coordination/server/data-tree'
import type { TreeNode } from '@quorate/broker/coordination/server/data-tree'

/**
 * The coordination service's state as a server of the ensemble sees it that lags behind: while it
 * is made to, reads show what was there some time ago.
 */
export class StaleTree extends DataTree {
  #past: ReadonlyMap<string, TreeNode> | null = null
  #isLooking = false

  /** Remembers everything as it is now. */
  remember(): void {
    const past = new Map<string, TreeNode>()
    for (const [path, node] of this.nodes()) {
      past.set(path, { ...node, children: new Set(node.children) })
    }
    this.#past = past
  }

  /** Carries a read out in the remembered past; as everybody else when there is none. */
  lookingBack(read: () => void): void {
    this.#isLooking = this.#past !== null
    try {
      read()
    } finally {
      this.#isLooking = false
    }
  }

  override node(path: string): TreeNode | undefined {
    return this.#isLooking ? this.#past?.get(path) : super.node(path)
  }
}

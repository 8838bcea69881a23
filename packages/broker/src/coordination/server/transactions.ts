import { buffer, int, long, record, union, ustring, vector } from '../zookeeper/jute.ts'
import type { JuteValue } from '../zookeeper/jute.ts'
import { Acl } from '../zookeeper/protocol.ts'

/**
 * The changes of the tree, as the log keeps them: every refusal was decided before, and applying
 * one to the same tree gives the same tree. One row per kind; codes are for ever.
 */
const Change = union({
  createSession: {
    code: 1,
    body: record({ sessionId: long, timeoutMs: int, password: buffer }),
  },
  /** Takes the session's ephemeral nodes with it. */
  closeSession: { code: 2, body: record({ sessionId: long }) },
  create: {
    code: 3,
    /** An owner of 0 makes the node persistent. */
    body: record({ path: ustring, data: buffer, acl: vector(Acl), ephemeralOwner: long }),
  },
  delete: { code: 4, body: record({ path: ustring }) },
  setData: { code: 5, body: record({ path: ustring, data: buffer }) },
  setAcl: { code: 6, body: record({ path: ustring, acl: vector(Acl) }) },
})

/**
 * Changes that happen together, under one zxid. The time is the wall clock's, in milliseconds, for
 * the stamps that clients see.
 */
export const Transaction = record({ zxid: long, timeMs: long, changes: vector(Change) })

export type Change = JuteValue<typeof Change>
export type Transaction = JuteValue<typeof Transaction>

import type { Role } from './role.ts'

/** Who asks, as far as it is known. */
export interface Caller {
  /** '' where nobody has to log in. */
  readonly name: string
  /** Address of the other end of the connection; whatever a proxy says is not believed. */
  readonly from: string
  /** The most that he may; null: not even look. Routes for anybody tell him less, then. */
  readonly role: Role | null
}

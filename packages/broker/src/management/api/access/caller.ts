/** Who asks, as far as it is known. */
export interface Caller {
  /** '' where nobody has to log in. */
  readonly name: string
  /** Address of the other end of the connection; whatever a proxy says is not believed. */
  readonly from: string
  /** May not even look; routes for anybody answer, and leave out what is nobody's business. */
  readonly isStranger: boolean
}

/**
 * How long a server may take to answer before the next one is asked.
 *
 * A server that died with its machine, or that lost its ensemble, says nothing. A new leader needs
 * an epoch of the service (R5), so to wait until silence has lasted most of a session timeout, as
 * ZooKeeper's own clients do, would make a failover that long. An ensemble that is merely slow
 * has to be given its time, or nothing would ever be answered: each server that is given up doubles
 * the patience, a slow answer raises it to twice of what that took, and quick ones halve it.
 *
 * Of a session timeout: an eighth at least, half at most. Times are in milliseconds.
 */
export class Patience {
  /** What recent answers call for. */
  #wantedMs = 0

  /** Under this session timeout, as the server granted it. */
  ms(sessionTimeoutMs: number): number {
    return Math.min(sessionTimeoutMs / 2, Math.max(sessionTimeoutMs / 8, this.#wantedMs))
  }

  answered(afterMs: number): void {
    this.#wantedMs = Math.max(this.#wantedMs / 2, afterMs * 2)
  }

  ranOut(afterMs: number): void {
    this.#wantedMs = afterMs * 2
  }
}

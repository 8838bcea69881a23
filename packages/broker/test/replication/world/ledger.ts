import assert from 'node:assert/strict'
import type { FakeLog } from './fake-log.ts'

/** What is true of the whole cluster, and must stay so: invariants S1, S3, S4, S5 and S6. */
export class Ledger {
  readonly alarms: string[] = []
  /** Chain of each committed record, by index: the truth. */
  readonly #truth: number[] = []
  readonly #leaders = new Map<number, string>()
  readonly #known = new Map<string, number>()
  readonly #confirmed = new Map<string, number>()

  /** The test itself has destroyed a quorum's copies: a new truth begins. */
  forget(): void {
    this.#truth.length = 0
    this.#known.clear()
    this.#confirmed.clear()
  }

  isConfirmed(payload: string): boolean {
    return this.#confirmed.has(payload)
  }

  /** Leaderships so far. */
  get epochs(): number {
    return this.#leaders.size
  }

  get confirmed(): readonly string[] {
    return [...this.#confirmed.keys()]
  }

  committed(node: string, log: FakeLog, index: number, serving: boolean): void {
    assert.ok(index <= log.records.length, `${node} commits ${index} beyond its log (S4)`)
    const from = this.#known.get(node) ?? 0
    for (let i = from + 1; i <= index; i++) this.#commitOne(node, log, i, serving)
    this.#known.set(node, Math.max(from, index))
  }

  leads(node: string, epoch: number, log: FakeLog): void {
    const other = this.#leaders.get(epoch)
    assert.ok(
      other === undefined || other === node,
      `${node} and ${other} lead epoch ${epoch} (S1)`,
    )
    this.#leaders.set(epoch, node)
    for (const [payload, index] of this.#confirmed) {
      const held = log.records[index - 1]
      assert.equal(held?.payload, payload, `${node} leads epoch ${epoch} without ${payload} (S5)`)
    }
  }

  truncated(node: string, after: number): void {
    const known = this.#known.get(node) ?? 0
    assert.ok(after >= known, `${node} cuts below its commit ${known} (S6)`)
  }

  #commitOne(node: string, log: FakeLog, index: number, serving: boolean): void {
    const record = log.records[index - 1]
    assert.ok(record)
    const { chain } = record.batch.last
    const truth = this.#truth[index]
    assert.ok(truth === undefined || truth === chain, `${node} commits another ${index} (S3, S4)`)
    this.#truth[index] = chain
    if (serving && record.type === 99) this.#confirmed.set(record.payload, index)
  }
}

import { it } from 'node:test'
import type { SimulationOptions } from '../world/simulation.ts'
import { Stage } from './stage.ts'
import type { Cast } from './stage.ts'

/**
 * More than any scenario writes: a segment begins when everything before it is committed, so with
 * small ones a leader without a quorum would soon have to wait, and the front of a log might go.
 */
const SEGMENT_BYTES = 1 << 22

/**
 * A walk-through that is played: the script does what its sentence says to a cluster that leads and
 * is quiet, and says what is to be seen. Then everything is mended, clients are served to the end,
 * and the history is judged as any other.
 */
export function scenario(
  title: string,
  options: SimulationOptions,
  script: (on: Stage, cast: Cast) => Promise<void>,
): void {
  it(title, async () => {
    const stage = new Stage({ segmentBytes: SEGMENT_BYTES, ...options })
    try {
      await script(stage, await stage.begin())
      await stage.end()
    } catch (error) {
      if (error instanceof Error) error.message += `\nuntil then:\n${stage.told}`
      throw error
    }
  })
}

import { existsSync } from 'node:fs'
import type { SeededBug } from './seeded-bug.ts'

/** Runs the history of a seed; resolves to what went wrong, or null. */
export type RunHistory = (seed: number) => Promise<string | null>

/**
 * `replicas`: pure replicas on logs in memory, hundred times faster. `brokers`: whole brokers with
 * disks, clients and a coordination service.
 */
export const worldNames = ['replicas', 'brokers'] as const
export type WorldName = (typeof worldNames)[number]

const brokersHistory = new URL('../history.ts', import.meta.url)

/** What the world of replicas runs of the sources. */
const replicasRun =
  /\/replication\/(replica\/.*|cluster-config|config-history|frames|log-records|suspicion|sync-level)\.ts$/

/** The worlds that run the file of this bug, the quickest first. */
export function worldsOf({ file }: SeededBug): WorldName[] {
  return replicasRun.test(file) ? ['replicas', 'brokers'] : ['brokers']
}

export function isThere(world: WorldName): boolean {
  return world === 'replicas' || existsSync(brokersHistory)
}

export async function openWorld(world: WorldName): Promise<RunHistory> {
  if (world === 'brokers') {
    const { runHistory } = (await import(brokersHistory.href)) as {
      runHistory: (seed: number) => Promise<{ readonly failure: string | null }>
    }
    return async (seed) => (await runHistory(seed)).failure
  }
  const { history } = await import('../../../packages/broker/test/replication/world/history.ts')
  return (seed) => {
    try {
      history(seed)
      return Promise.resolve(null)
    } catch (error) {
      return Promise.resolve(error instanceof Error ? error.message : String(error))
    }
  }
}

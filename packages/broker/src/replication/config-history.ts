import type { ClusterConfig } from './cluster-config.ts'
import { FOUNDING_VERSION, sameConfig } from './cluster-config.ts'

/** A configuration that stands in this replica's log, and where (R39). */
export interface ConfigEntry {
  /** 0 for the bootstrap configuration, which stands in no record. */
  readonly index: number
  readonly epoch: number
  readonly config: ClusterConfig
}

/**
 * Configurations that can be rolled back to, there is one change in flight at a time (R39); and the
 * one that the cluster was founded with, which stays for a service that was wiped (R2).
 */
export const CONFIG_ENTRIES_MAX = 8

/**
 * The history after these records were appended. Most epochs begin with the configuration that is
 * in force already: then nothing changes, and the very same array is returned.
 */
export function appendConfigs(
  history: readonly ConfigEntry[],
  entries: readonly ConfigEntry[],
): readonly ConfigEntry[] {
  let configs = history
  for (const entry of entries) {
    const kept = configs.filter((other) => other.index < entry.index)
    const isNew = !sameConfig(kept.at(-1)?.config ?? null, entry.config)
    if (!isNew && kept.length === configs.length) continue
    configs = isNew ? bounded([...kept, entry]) : kept
  }
  return configs
}

function bounded(configs: readonly ConfigEntry[]): readonly ConfigEntry[] {
  const [first, ...others] = configs
  if (first === undefined || configs.length <= CONFIG_ENTRIES_MAX) return configs
  return [first, ...others.slice(1 - CONFIG_ENTRIES_MAX)]
}

/** The configuration that the cluster was founded with; null where it was forgotten. */
export function foundingConfig(history: readonly ConfigEntry[]): ClusterConfig | null {
  // Every change raises the version by one.
  return history.find(({ config }) => config.version === FOUNDING_VERSION)?.config ?? null
}

/** Which epoch has which part of the log. */
export interface EpochEnds {
  /** The point before the oldest record. */
  readonly origin: { readonly index: number }
  endOfEpoch(epoch: number): { readonly epoch: number; readonly lastIndex: number }
}

/**
 * The entries whose very record the log holds. The meta file and the log are written independently:
 * after a crash an entry may name a record that was cut, lost, or replaced by one of another epoch.
 */
export function configsHeld(
  history: readonly ConfigEntry[],
  log: EpochEnds,
): readonly ConfigEntry[] {
  return history.filter((entry) => entry.index === 0 || holdsRecord(log, entry))
}

/** The log has a record of this very epoch at this index. */
export function holdsRecord(
  log: EpochEnds,
  { index, epoch }: { readonly index: number; readonly epoch: number },
): boolean {
  // What lies before the start of the log was committed, or the log would not begin there (R38).
  if (index <= log.origin.index) return true
  const end = log.endOfEpoch(epoch)
  // A log remembers its last epochs only (EPOCHS_MAX): one from before them is not absent. A log
  // that has forgotten none ends this range at 0.
  if (end.epoch === 0) return index <= end.lastIndex
  const begin = log.endOfEpoch(epoch - 1).lastIndex
  return end.epoch === epoch && begin < index && index <= end.lastIndex
}

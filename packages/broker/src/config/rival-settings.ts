import type { SettingName } from './broker-settings.ts'

/**
 * Settings that are two ways to say one limit. Whoever is asked first and says either has decided:
 * a flag with bytes is not to lose against a percentage in a file. Where one source says both, the
 * percentage counts, as in ActiveMQ.
 */
const rivals: Readonly<Partial<Record<SettingName, SettingName>>> = {
  storeLimit: 'storeLimitPercent',
  storeLimitPercent: 'storeLimit',
  tempLimit: 'tempLimitPercent',
  tempLimitPercent: 'tempLimit',
}

/** The other way to say the same; undefined for a setting that has none. */
export function rivalOf(name: SettingName): SettingName | undefined {
  return rivals[name]
}

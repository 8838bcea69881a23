import { readdirSync } from 'node:fs'

/** Files of ActiveMQ's LevelDB store, and of KahaDB. */
const storeFiles = /^([0-9a-f]{16}\.(log|index)|dirty\.index|plist\.index|db-\d+\.log|db\.data)$/

/** Whether ActiveMQ has kept its messages in this directory. */
export function holdsActivemqStore(directory: string): boolean {
  try {
    return readdirSync(directory).some((name) => storeFiles.test(name))
  } catch {
    // Nothing to read, nothing to warn of.
    return false
  }
}

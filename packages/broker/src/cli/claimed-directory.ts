import { join } from 'node:path'
import type { BrokerPorts } from '../ports.ts'
import { PidFile, readStalePid } from './pid-file.ts'

type Ports = Pick<BrokerPorts, 'fileSystem' | 'lockDirectory'>

export interface ClaimedDirectory {
  readonly pidFile: PidFile
  /** Of a process that left its pid file behind. */
  readonly stalePid: number | undefined
  /** Hands the lock on to whoever opens the directory, and gives it back at the end. */
  readonly lockDirectory: BrokerPorts['lockDirectory']
}

/**
 * Takes the directory for this process, and tells so in a pid file of this name. The lock comes
 * first: the pid file of a process in another container looks like one of the dead.
 */
export async function claimDirectory(
  directory: string,
  ports: Ports,
  { name, file }: { readonly name: string; readonly file?: string | undefined },
): Promise<ClaimedDirectory> {
  // Durable, with all the directories above it: the log in it is nothing without its name.
  await ports.fileSystem.makeDirectory(directory)
  const lock = await ports.lockDirectory(directory)
  try {
    const stalePid = readStalePid(join(directory, name))
    const pidFile = PidFile.claim(directory, name, file)
    return { pidFile, stalePid, lockDirectory: () => Promise.resolve(lock) }
  } catch (error) {
    await lock.release()
    throw error
  }
}

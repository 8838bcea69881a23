import { DirectoryLock, directoryHolder } from '@quorate/core/base/directory-lock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { KernelLock } from './store/leveldb/kernel-lock.ts'

export interface HeldDirectory {
  release(): Promise<void>
}

/**
 * Keeps a data directory to this process, which has to have done nothing in it before. Two locks:
 * that of the kernel holds against processes that cannot be seen from here, in other containers.
 * That of the process ids names the holder, to others that start and to those who only look, and
 * stands in where the disk is too full for the first. Rejects with STORE_IN_USE, or what the disk
 * says.
 */
export async function lockDataDirectory(directory: string, log: Log): Promise<HeldDirectory> {
  const kernel = await kernelLock(directory, log)
  try {
    const identity = await DirectoryLock.acquire(directory)
    return {
      async release() {
        await identity.release()
        await kernel?.release()
      },
    }
  } catch (error) {
    await kernel?.release()
    throw error
  }
}

/** Null where the disk has no room for it: messages have to get out of there all the same. */
async function kernelLock(directory: string, log: Log): Promise<KernelLock | null> {
  try {
    return await KernelLock.acquire(directory)
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code === 'STORE_IN_USE') throw await inUse(directory, error)
    if (code !== 'STORE_FULL') throw error
    log.warn(WITHOUT, { directory, reason: message })
    return null
  }
}

const WITHOUT = 'the disk has no room for the lock that keeps out processes of other containers'

/** Names whoever has it, if that can be. */
async function inUse(directory: string, cause: unknown): Promise<BrokerError> {
  const holder = await directoryHolder(directory)
  if (holder !== null) {
    const { pid } = holder
    const details = { directory, pid }
    return new BrokerError('STORE_IN_USE', `${directory} is in use by pid ${pid}`, { details })
  }
  const unseen =
    'is in use by a process that cannot be seen from here, in another container perhaps'
  return new BrokerError('STORE_IN_USE', `${directory} ${unseen}`, {
    cause,
    details: { directory },
  })
}

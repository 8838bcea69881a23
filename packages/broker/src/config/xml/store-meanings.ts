import { only, without } from './meaning.ts'
import type { AttributeMeanings, Convert, ElementMeaning } from './meaning.ts'
import { objectionTo } from './value-type.ts'

/** What the persistence adapters of ActiveMQ mean here. */

/** A single broker's store: the file writes, or not, before it confirms. */
const syncOfOne: Convert = (text) => {
  const wrong = objectionTo(text, 'boolean')
  if (wrong !== undefined) return { problem: `sync: ${wrong}` }
  return { text: text === 'true' ? 'local_disk' : 'local_mem' }
}

/** What both LevelDB stores have. */
const levelDbAttributes: AttributeMeanings = {
  directory: { setting: 'directory' },
  logSize: { setting: 'logSize' },
  ...without('there is one LevelDB here, and no Java class of one', 'indexFactory'),
  ...without('every byte of the log is always checked', 'verifyChecksums', 'paranoidChecks'),
  ...without(
    'the index is a checkpoint that is written in the background: there is nothing to tune',
    'indexMaxOpenFiles',
    'indexBlockRestartInterval',
    'indexWriteBufferSize',
    'indexBlockSize',
    'indexCacheSize',
    'indexCompression',
  ),
  ...without(
    'writes are gathered while the disk is busy, and never held back',
    'flushDelay',
    'asyncBufferSize',
  ),
  ...without('the status always tells what the store does', 'monitorStats'),
  ...without(
    'producers are remembered in the log: 65,536 of them, each by its last message',
    'failoverProducersAuditDepth',
    'maxFailoverProducersToTrack',
  ),
  ...only('none', 'the log is not compressed', 'logCompression'),
}

const oneProcess = 'a directory always belongs to one process'

/** A broker without replicas: nobody else connects to it. */
const alone = { replicas: '1', bind: 'tcp://127.0.0.1:0' } as const

export const storeMeanings: Readonly<Record<string, ElementMeaning>> = {
  replicatedLevelDB: {
    attributes: {
      ...levelDbAttributes,
      zkAddress: { setting: 'zkAddress' },
      zkPassword: { setting: 'zkPassword' },
      zkPath: { setting: 'zkPath' },
      zkSessionTimeout: { setting: 'zkSessionTimeout' },
      // As it was spelt before 5.11.
      zkSessionTmeout: { setting: 'zkSessionTimeout' },
      replicas: { setting: 'replicas' },
      sync: { setting: 'sync' },
      bind: { setting: 'bind' },
      hostname: { setting: 'hostname' },
      connectUrl: { setting: 'connectUrl' },
      weight: { setting: 'weight' },
      securityToken: { setting: 'securityToken' },
      ...without('only names the Fabric container to others; Fabric is no more', 'container'),
    },
  },
  levelDB: {
    attributes: {
      ...levelDbAttributes,
      sync: { setting: 'sync', convert: syncOfOne },
      ...without('disk is freed as it pays, without a ratio', 'autoCompactionRatio'),
      ...only('true', oneProcess, 'useLock'),
      logDirectory: { unsupported: 'the log is always in the directory of the store' },
      ...without('the lock is the process itself', 'lockKeepAlivePeriod'),
    },
    properties: { locker: { unsupported: `${oneProcess}, and no other waits for it` } },
    implies: alone,
  },
  kahaDB: {
    attributes: { directory: { setting: 'directory' } },
    implies: alone,
    unsupported:
      'messages in KahaDB are not read, and without it this broker is one without replicas, ' +
      'with a store of its own in that directory',
  },
}

/** What holds for a broker whose file names no persistence adapter that we know. */
export const adapterAbsent = alone

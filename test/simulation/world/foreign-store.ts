import { join } from 'node:path'
import { encodeMeta, freshMeta } from '@quorate/broker/replication/meta'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import { TwoSlotFile } from '@quorate/broker/store/two-slot-file'

export interface ForeignStore {
  readonly directory: string
  readonly brokerName: string
  readonly nodeId: string
  /** Tells this cluster from all others. */
  readonly clusterId: string
}

/** What a node of the same name left on a disk that had joined another cluster, as a learner. */
export async function makeForeignStore(fileSystem: FileSystem, store: ForeignStore): Promise<void> {
  const { directory, brokerName, nodeId, clusterId } = store
  const { file } = await TwoSlotFile.open({ fileSystem, path: join(directory, 'meta') })
  const storeUuid = `${clusterId}/${nodeId}`
  const fresh = freshMeta({ brokerName, nodeId, storeUuid, sync: 'quorum_disk' })
  await file.write(encodeMeta({ ...fresh, clusterId }))
  await file.close()
}

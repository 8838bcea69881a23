import { LoadConnection } from '../../store-depth/load/load-connection.ts'
import type { LoadRole } from '../../store-depth/load/load-connection.ts'
import { OpenWirePlace } from '../load/openwire-place.ts'

const UNKNOWN = 'of unknown version'

/** What the broker says that it is as it greets a client. */
export async function versionAt(address: string): Promise<string> {
  return new Promise((resolve) => {
    const role: LoadRole = {
      introduction: () => [],
      onUp: () => {
        resolve(connection.providerVersion ?? UNKNOWN)
        connection.close()
      },
      onDown: () => undefined,
      onCommand: () => undefined,
      onBatchEnd: () => undefined,
    }
    const connection = new LoadConnection({ ...new OpenWirePlace(address).next(), role })
    connection.open()
  })
}

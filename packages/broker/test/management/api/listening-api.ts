import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerStatus } from '../../../src/management/broker-status.ts'
import { ManagementApi } from '../../../src/management/api/management-api.ts'
import type { ManagementOptions } from '../../../src/management/api/management-api.ts'

/** The API of a broker that says just this of itself, on a free port. */
export function listeningApi(
  status: () => BrokerStatus,
  changes: Partial<ManagementOptions> = {},
): Promise<ManagementApi> {
  return ManagementApi.start({
    host: '127.0.0.1',
    port: 0,
    users: [],
    broker: { status, elections: () => [], administration: () => null },
    clock: new ManualClock(),
    log: silentLog,
    ...changes,
  })
}

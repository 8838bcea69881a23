import type { LoadTask } from '../load/load-task.ts'
import type { Contender, RunningContender } from './contender.ts'
import { CeilingServers } from './ceiling-servers.ts'

const noBroker = 'appends only, there is no broker'

/** The same bytes without a broker. */
export const ceiling: Contender = {
  name: 'ceiling',
  title: 'bare Node, 3 files, no broker',
  promise: 'on the disk (fdatasync) in two of three files',
  cannot: {
    fill: noBroker,
    consume: noBroker,
    flow: noBroker,
    transactions: noBroker,
    'fan-out': noBroker,
    'request-reply': noBroker,
    probe: noBroker,
  },
  missing: () => null,
  start: async (directory) => runningCeiling(await CeilingServers.start(directory)),
}

function runningCeiling(servers: CeilingServers): RunningContender {
  const impossible = (): Promise<never> => Promise.reject(new Error(noBroker))
  return {
    version: `Node ${process.version}`,
    pids: () => servers.pids(),
    generator: (task: LoadTask) =>
      task.do === 'send' ? Promise.resolve(servers.loadCommand(task)) : impossible(),
    // Nothing is kept: the files are written round and round.
    remove: () => Promise.resolve(),
    strikeLeader: impossible,
    restore: impossible,
    restart: impossible,
    stop: () => servers.dispose(),
  }
}

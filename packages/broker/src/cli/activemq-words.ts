import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../config/nearest-word.ts'

/** What ActiveMQ's script starts when nobody names a configuration. */
const STOCK_CONFIGURATION = 'xbean:activemq.xml'

const tasks = ['start', 'console', 'stop', 'status']

/**
 * The words of `activemq <task> [configuration] [-Dname=value]` as those of `quorate`. Throws
 * UNSUPPORTED for the tasks that are not there yet.
 */
export function quorateArguments(args: readonly string[]): string[] {
  const [task = '--help', ...rest] = args
  if (task.startsWith('-')) return [task, ...rest]
  const isConfiguration = rest[0] !== undefined && !rest[0].startsWith('-')
  const [configuration = '', ...others] = isConfiguration ? rest : [STOCK_CONFIGURATION, ...rest]
  switch (task) {
    case 'console':
      return ['start', configuration, ...others]
    case 'start':
      return ['start', configuration, '--daemon', ...others]
    case 'stop':
    case 'status':
      return [task, '--config', configuration, ...others]
    default: {
      const hint = didYouMean(task, tasks)
      const message = `activemq ${task} is not there; there are ${tasks.join(', ')}${hint}`
      throw new BrokerError('UNSUPPORTED', message)
    }
  }
}

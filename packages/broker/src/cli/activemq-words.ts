import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../config/nearest-word.ts'
import { isConfigurationFile } from './configuration-file.ts'

/** What ActiveMQ's script starts when nobody names a configuration. */
const STOCK_CONFIGURATION = 'xbean:activemq.xml'

/** Tasks of ActiveMQ's script whose words are translated. */
export const translatedTasks = ['start', 'console', 'stop', 'status']
/** Commands that are the same under both names; those of ActiveMQ have its flags. */
export const sharedTasks = [
  ...['producer', 'consumer', 'browse', 'purge', 'dstat', 'query', 'bstat', 'list'],
  ...['cluster', 'queue', 'message', 'completion'],
]

/**
 * The words of `activemq <task> [configuration] [-Dname=value]` as those of `quorate`. Throws
 * UNSUPPORTED for the tasks that are not there yet.
 */
export function quorateArguments(args: readonly string[]): string[] {
  const [task = '--help', ...rest] = args
  if (task.startsWith('-') || sharedTasks.includes(task)) return [task, ...rest]
  const at = placeOfConfiguration(rest)
  const configuration = rest[at] ?? STOCK_CONFIGURATION
  const others = rest.filter((_, index) => index !== at)
  switch (task) {
    case 'console':
      return ['start', configuration, ...others]
    case 'start':
      return ['start', configuration, '--daemon', ...others]
    case 'stop':
    case 'status':
      return [task, '--config', configuration, ...others]
    default: {
      const known = [...translatedTasks, ...sharedTasks]
      const hint = didYouMean(task, known)
      const message = `activemq ${task} is not there; there are ${known.join(', ')}${hint}`
      throw new BrokerError('UNSUPPORTED', message)
    }
  }
}

/** Options may stand before the configuration, and some of them have a value; -1 = none. */
function placeOfConfiguration(words: readonly string[]): number {
  if (words[0] !== undefined && !words[0].startsWith('-')) return 0
  return words.findIndex((word, at) => {
    const isValue = ['-D', '--define'].includes(words[at - 1] ?? '')
    return !word.startsWith('-') && !isValue && isConfigurationFile(word)
  })
}

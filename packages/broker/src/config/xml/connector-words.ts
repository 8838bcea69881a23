import { connectorOptionNames } from '../../listener/connector-uri.ts'
import { objectionToConnector } from '../connector-objection.ts'
import { didYouMean } from '../nearest-word.ts'

/** What the URI of a transportConnector is to us. */
export type CheckedUri = {
  /** Without what is not ours; null when nothing of it can be listened on. */
  readonly uri: string | null
  readonly problems: readonly string[]
  readonly unsupported: readonly string[]
  readonly accepted: readonly string[]
}

const ourSchemes = ['tcp', 'nio']

/** Each also with +nio, +ssl and +nio+ssl behind it where ActiveMQ has that. */
const otherSchemes = [
  ...['auto', 'stomp', 'mqtt', 'amqp'].flatMap((name) => [
    name,
    `${name}+nio`,
    `${name}+ssl`,
    `${name}+nio+ssl`,
  ]),
  ...['ssl', 'nio+ssl', 'ws', 'wss', 'amqp+ws', 'amqp+wss', 'http', 'https', 'udp', 'multicast'],
  ...['vm', 'peer', 'fanout', 'failover', 'discovery'],
]

const threads = 'is about threads and buffers of a JVM'

/** Options that need not mean anything here. */
const acceptedOptions: Readonly<Record<string, string>> = {
  useQueueForAccept: threads,
  daemon: threads,
  trace: 'is about tracing in a JVM',
  jmxPort: 'is about JMX',
  'transport.closeAsync': threads,
  'transport.ioBufferSize': threads,
  'transport.threadName': threads,
  'transport.useKeepAlive': 'connections always show that they are alive',
  'wireFormat.includePlatformDetails': 'tells clients about a JVM',
}

/** Options of ActiveMQ's that mean something, beside all of `transport.` and `socket.`. */
const otherOptions = [
  'allowLinkStealing',
  'minmumWireFormatVersion',
  'soTimeout',
  'socketBufferSize',
  'soWriteTimeout',
  'dynamicManagement',
  'startLogging',
  'protocolDetectionTimeOut',
  'maxConnectionThreadPoolSize',
  'wireFormat.host',
  'wireFormat.maxFrameSizeEnabled',
  'wireFormat.sizePrefixDisabled',
]

const allSchemes = [...ourSchemes, ...otherSchemes]
const allOptions = [...connectorOptionNames, ...Object.keys(acceptedOptions), ...otherOptions]

/** Sorts the options of a connector's URI into ours, ActiveMQ's, and mistakes. */
export function checkConnectorUri(text: string): CheckedUri {
  const problems: string[] = []
  const unsupported: string[] = []
  const accepted: string[] = []
  const [address = '', query] = splitOnce(text, '?')
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1] ?? ''
  if (!ourSchemes.includes(scheme)) {
    if (otherSchemes.includes(scheme)) {
      unsupported.push(`a connector for ${scheme}: is ActiveMQ's, not yet Quorate's`)
    } else if (scheme === '') problems.push(`"${text}" is no URI like tcp://0.0.0.0:61616`)
    else problems.push(`unknown transport "${scheme}"${didYouMean(scheme, allSchemes)}`)
    return { uri: null, problems, unsupported, accepted }
  }
  const kept: string[] = []
  for (const option of query === undefined ? [] : query.split('&')) {
    const [name = ''] = splitOnce(option, '=')
    if (connectorOptionNames.includes(name)) kept.push(option)
    else if (Object.hasOwn(acceptedOptions, name)) {
      accepted.push(`option "${name}": ${acceptedOptions[name] ?? ''}`)
    } else if (otherOptions.includes(name) || /^(transport|socket)\.\w/.test(name)) {
      unsupported.push(`option "${name}" is ActiveMQ's, not yet Quorate's`)
    } else problems.push(`unknown option "${name}"${didYouMean(name, allOptions)}`)
  }
  const uri = kept.length === 0 ? address : `${address}?${kept.join('&')}`
  const wrong = objectionToConnector(uri)
  if (wrong === undefined) return { uri, problems, unsupported, accepted }
  problems.push(wrong)
  // The address alone can still be held against the others.
  const bare = objectionToConnector(address) === undefined ? address : null
  return { uri: bare, problems, unsupported, accepted }
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

import { dirname, join, resolve } from 'node:path'
import { isSettingName, policyWords, settingNames, settingSchema } from '../broker-settings.ts'
import type { SettingName } from '../broker-settings.ts'
import { shownFrom } from '../config-file.ts'
import type { ConfigFile } from '../config-file.ts'
import { parseTransportUri } from '../host-port.ts'
import { didYouMean } from '../nearest-word.ts'
import { nodeIdOf } from '../node-id.ts'
import { rivalOf } from '../rival-settings.ts'
import type { SettingSource } from '../setting-source.ts'
import { holdsActivemqStore } from './activemq-store.ts'
import { BrokerReader } from './broker-reader.ts'
import { findInstallation } from './installation.ts'
import { Reading } from './reading.ts'
import { readSpringFile } from './spring-file.ts'
import { adapterAbsent, storeMeanings } from './store-meanings.ts'
import { parseXml } from './xml-tree.ts'
import type { XmlElement } from './xml-tree.ts'

export interface ActivemqXmlRequest {
  readonly file: ConfigFile
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `-Dname=value` of the command line. */
  readonly defined: Readonly<Record<string, string>>
  /** Directory that shown paths start from. */
  readonly folder: string
  readonly machineName: string
}

/** Properties with this prefix are settings that ActiveMQ has no words for. */
export const settingPropertyPrefix = 'quorate.'

/** Where the store is below the data directory when no element says. */
const storeFolders: Readonly<Record<string, string>> = {
  replicatedLevelDB: 'LevelDB',
  levelDB: 'LevelDB',
  kahaDB: 'KahaDB',
}
const STORE_FOLDER = 'quorate'

/**
 * Reads an activemq.xml with the property files and the jetty.xml that it names. What is wrong with
 * it is among the problems of the result; only a file that is no XML throws.
 */
export function readActivemqXml(request: ActivemqXmlRequest): SettingSource {
  const { file, environment, defined, folder } = request
  const root = parseXml(file.text, file.shown)
  const installation = findInstallation({ file: file.path, environment, defined })
  const folders = { shown: folder, file: dirname(file.path) }
  const reading = new Reading(installation, environment, folders)
  const broker = readSpringFile(root, reading)
  const reader = new BrokerReader(reading)
  if (broker !== undefined) {
    reader.readBroker(broker)
    addImplied(broker, { reader, reading, machineName: request.machineName })
    doubtUnlimited(broker, reader, reading)
    // Never the default of our own: a port that the file does not speak of.
    if (reader.connectors.length === 0 && reading.problems.length === 0) {
      reading.complain(
        broker.where,
        'no transportConnector in it for tcp or nio: nobody could connect',
      )
    }
  }
  addSettingProperties(reading, file.shown)
  const { texts, problems, accepted, unsupported, doubts, consoleUsers } = reading
  return {
    texts,
    ...(reader.connectors.length === 0 ? {} : { connectors: reader.connectors }),
    ...(reader.policies.length === 0 ? {} : { policies: reader.policies }),
    problems,
    folder: installation.base,
    activemq: {
      accepted,
      unsupported,
      doubts,
      consoleUsers,
      hiddenSettings: reading.hiddenSettings,
      hide: (message) => reading.placeholders.hide(message),
    },
  }
}

interface Surroundings {
  readonly reader: BrokerReader
  readonly reading: Reading
  readonly machineName: string
}

/**
 * ActiveMQ keeps without limit what waits for a slow subscriber of a topic whose entry has no
 * strategy, or that has no entry.
 */
function doubtUnlimited(broker: XmlElement, reader: BrokerReader, { doubts }: Reading): void {
  const { default: most } = policyWords.pendingMessageLimit
  const kept = `the newest ${most} are kept, where ActiveMQ keeps all, as limit="-1" does`
  let coversAll = false
  for (const { where, words } of reader.policies) {
    const topic = words.get('topic')
    if (topic === undefined) continue
    if (topic.text === '>') coversAll = true
    if (words.has('pendingMessageLimit')) continue
    doubts.push(
      `${where}: <policyEntry topic="${topic.text}"> without pendingMessageLimitStrategy: of what ` +
        `waits for a slow subscriber, ${kept}`,
    )
  }
  if (coversAll) return
  doubts.push(
    `${broker.where}: <broker> without a <policyEntry topic=">">: of what waits for a slow ` +
      `subscriber of a topic that has no entry, ${kept}`,
  )
}

/** What a file says by saying nothing. */
function addImplied({ where }: XmlElement, { reader, reading, machineName }: Surroundings): void {
  const { texts, installation } = reading
  const imply = (name: SettingName, text: string): void => {
    if (!texts.has(name)) reading.set(name, { where, text })
  }
  const { adapter, dataDirectory } = reader
  if (!Object.hasOwn(storeMeanings, adapter ?? '')) {
    if (adapter !== undefined) {
      reading.doubts.push(
        `without <${adapter}> this broker is one without replicas, with a store of its own`,
      )
    }
    for (const [name, text] of Object.entries(adapterAbsent)) imply(name as SettingName, text)
  }
  const data = dataDirectory ?? installation.definitions.get('activemq.data') ?? 'data'
  imply('directory', join(data, storeFolders[adapter ?? ''] ?? STORE_FOLDER))
  // ActiveMQ has no console without jetty.xml; our HTTP API is there, in nobody's way.
  imply('consolePort', '0')
  if (adapter !== 'replicatedLevelDB') {
    // Brokers that are all called localhost are no cluster when none of them is replicated.
    const port = parseTransportUri(reader.connectors[0]?.uri?.text ?? '')?.port ?? 0
    imply('zkPath', `/quorate-single/${nodeIdOf(machineName)}-${port}`)
    reading.doubts.push(
      'a broker without replicas asks a ZooKeeper too: --zk-address says which, and ' +
        '`quorate coordination` runs one',
    )
  }
  const directory = resolve(installation.base, texts.get('directory')?.text ?? '')
  if (holdsActivemqStore(directory)) {
    const shown = shownFrom(reading.folder, directory)
    reading.doubts.push(`${shown} holds a store of ActiveMQ: its messages are not read`)
  }
}

/** `quorate.nodeId=...` of a property file, of the placeholders' own properties, or of -D. */
function addSettingProperties(reading: Reading, file: string): void {
  const { properties, definitions } = reading.placeholders
  const written = new Map<string, { readonly value: string; readonly where: string }>()
  for (const [name, value] of definitions) written.set(name, { value, where: `-D${name}` })
  for (const [name, property] of properties) written.set(name, property)
  for (const [name, { value, where }] of written) {
    if (!name.startsWith(settingPropertyPrefix)) continue
    const setting = name.slice(settingPropertyPrefix.length)
    if (!isSettingName(setting)) {
      const hint = didYouMean(setting, settingNames)
      reading.complain(where, `unknown setting "${setting}"${hint}`)
    } else if (['array', 'policies'].includes(settingSchema(setting).type)) {
      reading.complain(where, `${setting}: belongs into the <broker>, as elements`)
    } else {
      const resolved = reading.resolve(value, where)
      if (resolved === undefined) continue
      // A secret that stands beside the file is not copied out of there either.
      const isBeside = settingSchema(setting).secret === true && !where.startsWith(`${file}:`)
      reading.set(setting, { where, text: resolved.text }, resolved.isHidden || isBeside)
      // Properties win over elements, whichever way these say it.
      const rival = rivalOf(setting)
      if (rival !== undefined && !written.has(`${settingPropertyPrefix}${rival}`)) {
        reading.unset(rival)
      }
    }
  }
}

import { hostname as machineName } from 'node:os'
import { resolve } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { parseSyncLevel } from '../replication/sync-level.ts'
import type { BrokerOptions, TransportConnectorOptions } from './broker-options.ts'
import { flagOf, pathSettings, settingNames, settingSchema } from './broker-settings.ts'
import type { BrokerSettings, SettingName } from './broker-settings.ts'
import { decodeAs, readConfigFile } from './config-file.ts'
import { cannotBeChecked, uncheckable } from './console-user.ts'
import type { ConsoleUser } from './console-user.ts'
import { declaredDestinations } from './declared-destinations.ts'
import { generalPolicy, policiesOf, policyOptions } from './destination-policies.ts'
import { formatHostPort, isWildcard, parseTransportUri } from './host-port.ts'
import { nodeIdOf, nodeIdOfAddress } from './node-id.ts'
import { findDoubts, findObjections, findOpenDoors } from './relations.ts'
import { rivalOf } from './rival-settings.ts'
import type { ActivemqRemarks, Problem, SettingSource, WrittenConnector } from './setting-source.ts'
import { parseSetting } from './setting-value.ts'
import { readEnvironmentSettings, readFlagSettings } from './word-source.ts'
import { readActivemqXml } from './xml/activemq-xml.ts'
import { readConsoleUsers } from './xml/console-users.ts'
import { decodeXml, PROPERTIES_ENCODING } from './xml/xml-encoding.ts'
import { readYamlSettings } from './yaml-source.ts'

export interface LoadRequest {
  /** Path of a quorate.yaml, or of an activemq.xml; undefined = none. */
  readonly file?: string | undefined
  /** Texts of flags by setting name. */
  readonly flags?: Readonly<Partial<Record<string, string>>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Java's system properties for the placeholders of an activemq.xml. */
  readonly defined?: Readonly<Record<string, string>>
  /** Go on without what an activemq.xml says and we do not support. */
  readonly ignoreUnsupported?: boolean
  /** Directory that relative paths of flags and variables start from. */
  readonly folder?: string
  readonly machineName?: string
}

export interface LoadedSettings {
  readonly options: BrokerOptions
  /** After parsing, before it became options; for those who need the rest of it. */
  readonly settings: BrokerSettings
  /** Where each setting that is no default was written. */
  readonly places: ReadonlyMap<SettingName, string>
  /** Allowed, but worth a warning at every start: what may cost messages, or is not heeded. */
  readonly doubts: readonly string[]
  /** Who may come in: allowed, and yet worth a line in the log of every start. */
  readonly openDoors: readonly string[]
  /** Set when the file is an activemq.xml. */
  readonly activemq?: ActivemqRemarks
}

/**
 * Reads, checks and freezes the options of a broker: flags before variables before the file before
 * defaults. Throws CONFIG_INVALID that lists everything that is wrong, each with its place,
 * what an activemq.xml asks of us too early included.
 */
export function loadBrokerOptions(request: LoadRequest = {}): LoadedSettings {
  const folder = request.folder ?? process.cwd()
  const sources = [
    readFlagSettings(request.flags ?? {}, flagOf, folder),
    readEnvironmentSettings(request.environment ?? {}, folder),
    ...(request.file === undefined ? [] : [readFile(resolve(folder, request.file), request)]),
  ]
  const activemq = sources.find((source) => source.activemq !== undefined)?.activemq
  const problems = sources.flatMap((source) => source.problems)
  const misread = problems.length
  const { settings, places } = merge(sources, problems)
  // A value of the wrong kind cannot be held against others; a word that is not known is nothing.
  if (problems.length === misread) {
    for (const { name, against, message } of findObjections(settings)) {
      const place = places.get(name) ?? (against === undefined ? undefined : places.get(against))
      problems.push({ where: place ?? 'default', message: `${name}: ${message}` })
    }
  }
  throwIfWrong({ problems, activemq, ignoresUnsupported: request.ignoreUnsupported === true })
  const machine = request.machineName ?? machineName()
  const nodeId = activemq === undefined ? nodeIdOf(machine) : nodeIdOfAddress(settings, machine)
  const shown = (line: string): string => activemq?.hide(line) ?? line
  return {
    options: deepFreeze(
      optionsOf(settings, { machine, nodeId, users: usersOf(settings, folder, activemq) }),
    ),
    settings,
    places,
    doubts: [...findDoubts(settings), ...doubtsOf(activemq)].map(shown),
    openDoors: findOpenDoors(settings).map(shown),
    ...(activemq === undefined ? {} : { activemq }),
  }
}

interface Findings {
  readonly problems: readonly Problem[]
  readonly activemq: ActivemqRemarks | undefined
  readonly ignoresUnsupported: boolean
}

function throwIfWrong({ problems, activemq, ignoresUnsupported }: Findings): void {
  const missed = ignoresUnsupported ? [] : (activemq?.unsupported ?? [])
  if (problems.length + missed.length === 0) return
  const shown = ({ where, message }: Problem): Problem => ({
    where,
    message: activemq?.hide(message) ?? message,
  })
  const details = { problems: problems.map(shown), unsupported: missed.map(shown) }
  const lines = [...details.problems, ...details.unsupported].map(
    ({ where, message }) => `${where}: ${message}`,
  )
  if (missed.length > 0) lines.push('--ignore-unsupported goes on without what is not supported')
  throw new BrokerError('CONFIG_INVALID', lines.join('\n'), { details })
}

function doubtsOf(activemq: ActivemqRemarks | undefined): readonly string[] {
  if (activemq === undefined) return []
  const { doubts, unsupported } = activemq
  return [...doubts, ...unsupported.map(({ where, message }) => `not heeded: ${where}: ${message}`)]
}

function readFile(path: string, request: LoadRequest): SettingSource {
  const { folder = process.cwd(), environment = {}, defined = {} } = request
  if (path.endsWith('.xml')) {
    const file = readConfigFile(path, folder, decodeXml)
    const machine = request.machineName ?? machineName()
    return readActivemqXml({ file, environment, defined, folder, machineName: machine })
  }
  const file = readConfigFile(path, folder)
  return { ...readYamlSettings(file.text, file.shown), folder: resolve(path, '..') }
}

interface Merged {
  readonly settings: BrokerSettings
  readonly places: ReadonlyMap<SettingName, string>
}

function merge(sources: readonly SettingSource[], problems: Problem[]): Merged {
  const values: Partial<Record<SettingName, unknown>> = {}
  const places = new Map<SettingName, string>()
  for (const name of settingNames) {
    values[name] = settingSchema(name).default
    const rival = rivalOf(name)
    for (const source of sources) {
      const written = readingOf(name)(source, problems)
      // What comes behind a source that says it in the other way is not asked.
      if (written === undefined && rival !== undefined && source.texts.has(rival)) break
      if (written === undefined) continue
      values[name] = written.value
      places.set(name, written.where)
      break
    }
  }
  values.directory = resolve(String(values.directory))
  return { settings: values as unknown as BrokerSettings, places }
}

/** Throws CONFIG_INVALID that names what is wrong with the file. */
function usersOf(
  { consoleUsers }: BrokerSettings,
  folder: string,
  activemq: ActivemqRemarks | undefined,
): readonly ConsoleUser[] {
  if (consoleUsers === '') return []
  const file = readConfigFile(consoleUsers, folder, decodeAs(PROPERTIES_ENCODING))
  const { users, problems } = readConsoleUsers(file.text, file.shown)
  // Of those in its jetty.xml an activemq.xml tells itself, with all else that is not supported.
  const told = new Set(activemq?.consoleUsers.map(({ where }) => where))
  const unusable = users.filter((user) => cannotBeChecked(user) && !told.has(user.where))
  const missed = unusable.map(({ where, name }) => ({ where, message: uncheckable(name) }))
  throwIfWrong({ problems: [...problems, ...missed], activemq, ignoresUnsupported: true })
  return users
}

interface Written {
  readonly value: unknown
  readonly where: string
}

type Reading = (source: SettingSource, problems: Problem[]) => Written | undefined

function readingOf(name: SettingName): Reading {
  if (name === 'transportConnectors') return connectorsOf
  if (name === 'destinationPolicies') return writtenPolicies
  return (source, problems) => textOf(name, source, problems)
}

function writtenPolicies(source: SettingSource, problems: Problem[]): Written | undefined {
  const value = policiesOf(source, (where, message) => problems.push({ where, message }))
  return value && { value, where: source.policies?.[0]?.where ?? 'destinationPolicies' }
}

function textOf(
  name: SettingName,
  source: SettingSource,
  problems: Problem[],
): Written | undefined {
  const written = source.texts.get(name)
  if (written === undefined) return undefined
  const { where, text } = written
  const value = parseSetting(name, text, (message) => problems.push({ where, message }))
  if (pathSettings.includes(name) && value !== undefined && value !== '') {
    return { where, value: resolve(source.folder, String(value)) }
  }
  return { where, value }
}

function connectorsOf(source: SettingSource, problems: Problem[]): Written | undefined {
  const { connectors } = source
  if (connectors === undefined) return undefined
  const complain = (where: string, message: string) =>
    problems.push({ where, message: `transportConnectors: ${message}` })
  const limit = settingSchema('transportConnectors').maxItems ?? Infinity
  const where = connectors[0]?.where ?? 'transportConnectors'
  if (connectors.length === 0) complain(where, 'must name at least one connector')
  if (connectors.length > limit) complain(where, `must name at most ${limit} connectors`)
  return { where, value: connectors.map((each, at) => connectorOf(each, at, complain)) }
}

function connectorOf(
  { where, name, uri, publishedUri }: WrittenConnector,
  at: number,
  complain: (where: string, message: string) => void,
): TransportConnectorOptions {
  if (uri === undefined) complain(where, 'a connector needs a uri')
  return {
    name: name?.text ?? (at === 0 ? 'openwire' : `openwire-${at + 1}`),
    uri: uri?.text ?? '',
    publishedUri: publishedUri?.text ?? '',
  }
}

/** What the settings do not say. */
interface Surroundings {
  readonly machine: string
  readonly nodeId: string
  readonly users: readonly ConsoleUser[]
}

function optionsOf(
  settings: BrokerSettings,
  { machine, nodeId, users }: Surroundings,
): BrokerOptions {
  const outside = settings.hostname === '' ? machine : settings.hostname
  return {
    brokerName: settings.brokerName,
    nodeId: settings.nodeId === '' ? nodeId : settings.nodeId,
    dataDirectory: settings.directory,
    transportConnectors: settings.transportConnectors.map((connector) =>
      published(connector, outside),
    ),
    management: { host: settings.consoleHost, port: settings.consolePort, users },
    destinations: declaredDestinations(settings.destinations),
    memoryLimitBytes: settings.memoryLimit,
    tempLimitBytes: settings.tempLimit,
    tempLimitPercent: percentOrNone(settings.tempLimitPercent),
    policies: policyOptions(settings),
    otherwise: generalPolicy(settings),
    store: {
      limitBytes: settings.storeLimit,
      limitPercent: percentOrNone(settings.storeLimitPercent),
      headRoomBytes: settings.storeHeadRoom === 0 ? null : settings.storeHeadRoom,
    },
    replication: {
      replicas: settings.replicas,
      sync: parseSyncLevel(settings.sync),
      bind: settings.bind,
      advertisedAddress: advertised(settings, outside),
      securityToken: settings.securityToken,
      weight: settings.weight,
      logSizeBytes: settings.logSize,
      heartbeatMs: settings.heartbeat,
      stickyMs: settings.electionTimeout,
      leaseMs: settings.leaderLease,
      quorumTimeoutMs: settings.quorumTimeout,
      bootstrapGraceMs: settings.bootstrapGrace,
      stepDownOnZkExpiry: settings.stepDownOnZkExpiry,
    },
    coordination: {
      zkAddress: settings.zkAddress.replaceAll(' ', ''),
      zkPath: settings.zkPath,
      zkPassword: settings.zkPassword,
      zkSessionTimeoutMs: settings.zkSessionTimeout,
    },
  }
}

function percentOrNone(percent: number): number | null {
  return percent === 0 ? null : percent
}

function published(
  { name, uri, publishedUri }: TransportConnectorOptions,
  outside: string,
): TransportConnectorOptions {
  const parsed = parseTransportUri(uri)
  if (
    publishedUri !== '' ||
    parsed === undefined ||
    !isWildcard(parsed.host) ||
    parsed.port === 0
  ) {
    return { name, uri, publishedUri }
  }
  const address = formatHostPort({ host: outside, port: parsed.port })
  return { name, uri, publishedUri: `tcp://${address}` }
}

function advertised({ bind, connectUrl, hostname }: BrokerSettings, outside: string): string {
  const told = parseTransportUri(connectUrl === '' ? bind : connectUrl)
  if (told === undefined) return ''
  const ours = connectUrl === '' && (hostname !== '' || isWildcard(told.host))
  return formatHostPort({ host: ours ? outside : told.host, port: told.port })
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part)
    Object.freeze(value)
  }
  return value
}

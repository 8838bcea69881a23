import { readFileSync, statSync } from 'node:fs'
import { hostname as machineName } from 'node:os'
import { isAbsolute, relative, resolve } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { parseSyncLevel } from '../replication/sync-level.ts'
import type { BrokerOptions, TransportConnectorOptions } from './broker-options.ts'
import { flagOf, settingNames, settingSchema } from './broker-settings.ts'
import type { BrokerSettings, SettingName } from './broker-settings.ts'
import { generalPolicy, policiesOf, policyOptions } from './destination-policies.ts'
import { formatHostPort, isWildcard, parseTransportUri } from './host-port.ts'
import { findDoubts, findObjections } from './relations.ts'
import type { Problem, SettingSource, WrittenConnector } from './setting-source.ts'
import { parseSetting } from './setting-value.ts'
import { readEnvironmentSettings, readFlagSettings } from './word-source.ts'
import { CONFIG_FILE_BYTES_MAX, readYamlSettings } from './yaml-source.ts'

export interface LoadRequest {
  /** Path of a quorate.yaml; undefined = none. */
  readonly file?: string | undefined
  /** Texts of flags by setting name. */
  readonly flags?: Readonly<Partial<Record<string, string>>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Directory that relative paths of flags and variables start from. */
  readonly folder?: string
  readonly machineName?: string
}

export interface LoadedSettings {
  readonly options: BrokerOptions
  /** After parsing, before it became options; for those who need the rest of it. */
  readonly settings: BrokerSettings
  /** Allowed, but worth a warning at every start. */
  readonly doubts: readonly string[]
}

/**
 * Reads, checks and freezes the options of a broker: flags before variables before the file before
 * defaults. Throws CONFIG_INVALID that lists everything that is wrong, each with its place.
 */
export function loadBrokerOptions(request: LoadRequest = {}): LoadedSettings {
  const folder = request.folder ?? process.cwd()
  const sources = [
    readFlagSettings(request.flags ?? {}, flagOf, folder),
    readEnvironmentSettings(request.environment ?? {}, folder),
    ...(request.file === undefined ? [] : [readFile(resolve(folder, request.file), folder)]),
  ]
  const problems = sources.flatMap((source) => source.problems)
  const { settings, places } = merge(sources, problems)
  throwIfAny(problems)
  for (const { name, against, message } of findObjections(settings)) {
    const place = places.get(name) ?? (against === undefined ? undefined : places.get(against))
    problems.push({ where: place ?? 'default', message: `${name}: ${message}` })
  }
  throwIfAny(problems)
  const named = { machineName: request.machineName ?? machineName() }
  return {
    options: deepFreeze(optionsOf(settings, named.machineName)),
    settings,
    doubts: findDoubts(settings),
  }
}

function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const lines = problems.map(({ where, message }) => `${where}: ${message}`)
  throw new BrokerError('CONFIG_INVALID', lines.join('\n'), { details: { problems } })
}

function readFile(path: string, folder: string): SettingSource {
  const fromHere = relative(folder, path)
  const shown = fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere
  try {
    if (statSync(path).size > CONFIG_FILE_BYTES_MAX) {
      throw new BrokerError(
        'CONFIG_INVALID',
        `${shown}: larger than ${CONFIG_FILE_BYTES_MAX} bytes`,
      )
    }
    const source = readYamlSettings(readFileSync(path, 'utf8'), shown)
    return { ...source, folder: resolve(path, '..') }
  } catch (error) {
    if (error instanceof BrokerError) throw error
    const why = errnoOf(error) === 'ENOENT' ? 'no such file' : `cannot be read (${errnoOf(error)})`
    throw new BrokerError('CONFIG_INVALID', `${shown}: ${why}`, { cause: error })
  }
}

interface Merged {
  readonly settings: BrokerSettings
  /** Where each setting that is no default was written. */
  readonly places: ReadonlyMap<SettingName, string>
}

function merge(sources: readonly SettingSource[], problems: Problem[]): Merged {
  const values: Partial<Record<SettingName, unknown>> = {}
  const places = new Map<SettingName, string>()
  for (const name of settingNames) {
    values[name] = settingSchema(name).default
    for (const source of sources) {
      const written = readingOf(name)(source, problems)
      if (written === undefined) continue
      values[name] = written.value
      places.set(name, written.where)
      break
    }
  }
  values.directory = resolve(String(values.directory))
  return { settings: values as unknown as BrokerSettings, places }
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
  if (name === 'directory' && value !== undefined) {
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

function optionsOf(settings: BrokerSettings, machine: string): BrokerOptions {
  const outside = settings.hostname === '' ? machine : settings.hostname
  return {
    brokerName: settings.brokerName,
    nodeId: settings.nodeId === '' ? nodeIdOf(machine) : settings.nodeId,
    dataDirectory: settings.directory,
    transportConnectors: settings.transportConnectors.map((connector) =>
      published(connector, outside),
    ),
    management: { host: settings.consoleHost, port: settings.consolePort },
    memoryLimitBytes: settings.memoryLimit,
    tempLimitBytes: settings.tempLimit,
    policies: policyOptions(settings),
    otherwise: generalPolicy(settings),
    store: {
      limitBytes: settings.storeLimit,
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

/** A host name as a node id: what node ids may not contain becomes a dash. */
function nodeIdOf(machine: string): string {
  const cleaned = machine.replaceAll(/[^A-Za-z0-9._:-]/g, '-').slice(0, 64)
  return /^[A-Za-z0-9]/.test(cleaned) ? cleaned : `node-${cleaned}`.slice(0, 64)
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
  return { name, uri, publishedUri: `${parsed.scheme}://${address}` }
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

import { BrokerError } from '@quorate/core/base/errors'
import type { BrokerOptions } from '../../config/broker-options.ts'
import { settingNames, settingSchema } from '../../config/broker-settings.ts'
import type { SettingName } from '../../config/broker-settings.ts'
import { loadBrokerOptions } from '../../config/load.ts'
import type { LoadedSettings } from '../../config/load.ts'
import type { Remark } from '../../config/setting-source.ts'
import { formatSetting } from '../../config/setting-value.ts'
import { limitOn, storeLimitOn } from '../../store/journal/store-space.ts'
import { diskSizeOf } from '../disk-size.ts'
import { EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { shownPath } from '../node-folder.ts'
import { shownBytes } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'

export interface ConfigCheckCommand {
  readonly file: string
  readonly defined: Readonly<Record<string, string>>
  readonly ignoreUnsupported: boolean
  readonly json: boolean
}

/** Reads a configuration as a start from here would, and tells what it means. */
export function configCheck(command: ConfigCheckCommand, terminal: Terminal): number {
  const { file, defined, ignoreUnsupported, json } = command
  const request = { file, defined, ignoreUnsupported, environment: process.env }
  try {
    const loaded = loadBrokerOptions(request)
    const picture = pictureOf(loaded, file)
    if (json) terminal.out(`${jsonText(picture, 2)}\n`)
    else terminal.out(`${linesOf(picture, loaded).join('\n')}\n`)
    return EXIT_OK
  } catch (error) {
    if (!json || !(error instanceof BrokerError)) throw error
    const { problems = [{ message: error.message }], unsupported = [] } = error.details
    const picture = { file: shownPath(file), isValid: false, problems, unsupported }
    terminal.out(`${jsonText(picture, 2)}\n`)
    return error.exitCode
  }
}

interface SaidSetting {
  readonly value: unknown
  readonly where: string
  /** What a percentage comes to on the disk of this machine. */
  readonly bytes?: number
}

interface Picture {
  readonly file: string
  readonly isValid: true
  readonly brokerName: string
  readonly nodeId: string
  readonly settings: Readonly<Partial<Record<SettingName, SaidSetting>>>
  readonly accepted: readonly Remark[]
  readonly unsupported: readonly Remark[]
  readonly warnings: readonly string[]
  readonly consoleUsers: readonly { readonly name: string; readonly roles: readonly string[] }[]
}

function pictureOf(loaded: LoadedSettings, file: string): Picture {
  const { options, settings, places, doubts, openDoors, activemq } = loaded
  const hidden = ({ where, message }: Remark): Remark => ({
    where,
    message: activemq?.hide(message) ?? message,
  })
  const shares = sharesOf(options)
  const said = settingNames.flatMap((name) => {
    const where = places.get(name)
    if (where === undefined) return []
    const isSecret =
      settingSchema(name).secret === true || activemq?.hiddenSettings.has(name) === true
    const value = isSecret ? '(hidden)' : withoutHidden(settings[name], activemq)
    const bytes = isSecret ? undefined : shares[name]
    return [[name, { value, where, ...(bytes === undefined ? {} : { bytes }) }] as const]
  })
  return {
    file: shownPath(file),
    isValid: true,
    brokerName: options.brokerName,
    nodeId: options.nodeId,
    settings: Object.fromEntries(said),
    accepted: (activemq?.accepted ?? []).map(hidden),
    unsupported: (activemq?.unsupported ?? []).map(hidden),
    // What is not supported has a list of its own.
    warnings: [...doubts.filter((line) => !line.startsWith('not heeded: ')), ...openDoors],
    consoleUsers: (activemq?.consoleUsers ?? []).map(({ name, roles }) => ({ name, roles })),
  }
}

/** Limits that are said in percent, in bytes; none where the disk does not tell its size. */
function sharesOf(options: BrokerOptions): Readonly<Partial<Record<SettingName, number>>> {
  const { store, dataDirectory, tempLimitBytes, tempLimitPercent } = options
  if (store.limitPercent === null && tempLimitPercent === null) return {}
  const diskBytes = diskSizeOf(dataDirectory)
  if (diskBytes === null) return {}
  const temporary = { limitBytes: tempLimitBytes, limitPercent: tempLimitPercent }
  return {
    storeLimitPercent: storeLimitOn(store, diskBytes),
    tempLimitPercent: limitOn(temporary, diskBytes),
  }
}

/** The same value, with placeholders where something came out of a property file. */
function withoutHidden(value: unknown, activemq: LoadedSettings['activemq']): unknown {
  if (activemq === undefined) return value
  if (typeof value === 'string') return activemq.hide(value)
  if (Array.isArray(value)) return value.map((each) => withoutHidden(each, activemq))
  if (typeof value !== 'object' || value === null) return value
  const parts = Object.entries(value).map(([key, part]) => [key, withoutHidden(part, activemq)])
  return Object.fromEntries(parts) as unknown
}

function shownValue(name: SettingName, { value, bytes }: SaidSetting): string {
  if (value === '(hidden)') return value
  const { type } = settingSchema(name)
  if (type === 'array' || type === 'policies') return JSON.stringify(value)
  const text = formatSetting(value, settingSchema(name))
  return bytes === undefined ? text : `${text} (${shownBytes(bytes)} of the disk here)`
}

function linesOf(picture: Picture, { options }: LoadedSettings): string[] {
  const { file, brokerName, nodeId, accepted, unsupported, warnings } = picture
  const settings = Object.entries(picture.settings).map(
    ([name, said]) => `${said.where}: ${name} ${shownValue(name as SettingName, said)}`,
  )
  const { replicas } = options.replication
  return [
    `${file}: valid; broker ${brokerName}, node ${nodeId}, in a cluster of ${replicas}`,
    ...chapter('settings', settings),
    ...chapter('accepted without meaning', accepted.map(lineOf)),
    ...chapter('not supported, left out', unsupported.map(lineOf)),
    ...chapter('warnings', warnings),
  ]
}

function lineOf({ where, message }: Remark): string {
  return `${where}: ${message}`
}

function chapter(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

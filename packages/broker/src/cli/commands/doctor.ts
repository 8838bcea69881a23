import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { loadBrokerOptions } from '../../config/load.ts'
import { checkAgreement } from '../doctor/agreement.ts'
import { failed } from '../doctor/check.ts'
import type { Check, Outcome } from '../doctor/check.ts'
import { examine } from '../doctor/examination.ts'
import { advertisedOf } from '../doctor/examined-node.ts'
import type { ExaminedNode } from '../doctor/examined-node.ts'
import { probeHost } from '../doctor/machine-probes.ts'
import { EXIT_OK, EXIT_UNFIT } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { CONFIG_FILE, shownPath } from '../node-folder.ts'
import type { Paint, Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

export interface DoctorRequest {
  /** Paths of configurations; none = what a start from here would read. */
  readonly files: readonly string[]
  /** Texts of the setting flags by setting name. */
  readonly settings: Readonly<Partial<Record<string, string>>>
  /** For the placeholders of an activemq.xml. */
  readonly defined: Readonly<Record<string, string>>
  readonly ignoreUnsupported: boolean
  readonly timeoutMs: number
  /** Compare the configurations with each other, and look at nothing else. */
  readonly compare: boolean
  readonly json: boolean
  /** Of this program. */
  readonly version: string
}

/** Looks whether brokers of these configurations can start and form a cluster. */
export async function doctor(request: DoctorRequest, terminal: Terminal): Promise<number> {
  const { files, settings, timeoutMs, version, json, compare } = request
  if (files.length > 1 && Object.keys(settings).length > 0) {
    throw new BrokerError('INVALID_ARGUMENT', 'flags of settings go with one configuration only')
  }
  const { nodes, unreadable } = await readNodes(request)
  const found = compare ? checkAgreement(nodes) : await examine(nodes, { version, timeoutMs })
  const checks = [...unreadable, ...found]
  const isFit = checks.every(({ outcome }) => outcome !== 'failed')
  if (json) terminal.out(`${jsonText({ isFit, checks }, 2)}\n`)
  else terminal.out(`${linesOf(checks, terminal).join('\n')}\n`)
  return isFit ? EXIT_OK : EXIT_UNFIT
}

interface ReadNodes {
  readonly nodes: readonly ExaminedNode[]
  /** Configurations that a start would refuse, and why. */
  readonly unreadable: readonly Check[]
}

async function readNodes(request: DoctorRequest): Promise<ReadNodes> {
  const { settings: flags, defined, ignoreUnsupported } = request
  const usual = existsSync(CONFIG_FILE) ? [resolve(CONFIG_FILE)] : [undefined]
  const files = request.files.length > 0 ? request.files : usual
  const nodes: ExaminedNode[] = []
  const unreadable: Check[] = []
  for (const file of files) {
    const source = file === undefined ? 'defaults' : shownPath(file)
    try {
      const wanted = { file, flags, defined, ignoreUnsupported, environment: process.env }
      const node = { source, options: loadBrokerOptions(wanted).options, isLocal: true }
      const { addresses, isHere } = await probeHost(advertisedOf(node).host)
      // What nobody knows is most likely a mistake in a file of this machine.
      const isLocal = files.length === 1 || isHere || addresses.length === 0
      nodes.push({ ...node, isLocal })
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      unreadable.push(...complaintsAbout(source, error))
    }
  }
  return { nodes, unreadable }
}

function complaintsAbout(subject: string, error: BrokerError): Check[] {
  const advice = 'correct it; quorate config check says more'
  return error.message
    .split('\n')
    .map((line) => failed({ subject, topic: 'configuration' }, line, advice))
}

function linesOf(checks: readonly Check[], { colors }: Terminal): string[] {
  const paints: Readonly<Record<Outcome, Paint>> = {
    ok: colors.green,
    unknown: colors.dim,
    warning: colors.yellow,
    failed: colors.red,
  }
  const widthOf = (textOf: (check: Check) => string): number =>
    Math.max(0, ...checks.map((check) => textOf(check).length))
  const subjects = widthOf(({ subject }) => subject)
  const topics = widthOf(({ topic }) => topic)
  const lines = checks.map(({ outcome, subject, topic, message, advice }) => {
    const about = `${(subject || '-').padEnd(subjects)}  ${topic.padEnd(topics)}`
    const text = advice === null ? message : `${message}: ${advice}`
    return `${paints[outcome](outcome.padEnd(OUTCOME_COLUMNS))}  ${printable(`${about}  ${text}`)}`
  })
  return [...lines, '', summaryOf(checks)]
}

/** `warning` and `unknown` are the longest. */
const OUTCOME_COLUMNS = 7

function summaryOf(checks: readonly Check[]): string {
  const count = (outcome: Outcome): number =>
    checks.filter((check) => check.outcome === outcome).length
  const [warnings, unknowns, failures] = [count('warning'), count('unknown'), count('failed')]
  const parts = [
    `${checks.length} checks`,
    `${failures} failed`,
    warnings === 1 ? '1 warning' : `${warnings} warnings`,
    ...(unknowns === 0 ? [] : [`${unknowns} not known`]),
  ]
  return parts.join(', ')
}

import type { DataStructure, StructureName } from './commands.ts'
import { membersOf, templateOf, TypeId } from './commands.ts'
import { newestVersion } from './field.ts'
import type { Kind, Structure } from './field.ts'
import { schema } from './schema.ts'
import { assert } from '../base/errors.ts'

/** Which type codes may stand in a place: 1 at each of them. */
export type Family = Uint8Array

export interface FieldPlan {
  readonly name: string
  readonly kind: Kind
  readonly family: Family
  readonly size: number
}

/** One structure at one version. */
export interface StructurePlan {
  readonly type: number
  readonly name: StructureName
  /** An empty object with all fields of all versions, in a fixed order. */
  readonly template: Readonly<Record<string, unknown>>
  /** The fields on the wire, in its order. */
  readonly fields: readonly FieldPlan[]
}

/** Plans by type code; undefined where the version knows no such structure. */
export type Plans = readonly (StructurePlan | undefined)[]

const familiesByName = new Map<string, Family>()

function familyOf(name: string): Family {
  let family = familiesByName.get(name)
  if (family === undefined) {
    family = new Uint8Array(256)
    for (const member of membersOf(name)) family[TypeId[member]] = 1
    familiesByName.set(name, family)
  }
  return family
}

/** The families that hand-written code refers to. */
export const families = {
  any: familyOf('DataStructure'),
  destination: familyOf('ActiveMQDestination'),
  transactionId: familyOf('TransactionId'),
  message: familyOf('Message'),
  messageId: familyOf('MessageId'),
  connectionId: familyOf('ConnectionId'),
  consumerId: familyOf('ConsumerId'),
  producerId: familyOf('ProducerId'),
  brokerId: familyOf('BrokerId'),
}

/** Structures that carry one more bit where they are nested in the tight encoding. */
export function isMarshalAware(type: number): boolean {
  return families.message[type] === 1 || type === TypeId.WireFormatInfo
}

const compiled = new Map<number, Plans>()

/** The table as it is at one version, compiled once. */
export function plansOf(version: number): Plans {
  assert(version >= 1 && version <= newestVersion, `OpenWire has no version ${version}`)
  let plans = compiled.get(version)
  if (plans === undefined) {
    plans = compile(version)
    compiled.set(version, plans)
  }
  return plans
}

function compile(version: number): Plans {
  const plans = new Array<StructurePlan | undefined>(256).fill(undefined)
  for (const [name, row] of Object.entries(schema) as [StructureName, Structure][]) {
    if (row.since > version) continue
    plans[row.code] = {
      type: row.code,
      name,
      template: templateOf(row),
      fields: row.fields
        .filter((field) => field.since <= version && version <= field.until)
        .map(({ name, kind, of, size }) => ({ name, kind, family: familyOf(of), size })),
    }
  }
  return plans
}

/** An object of the plan's shape with the fields left to fill. */
export function blankOf(plan: StructurePlan): Record<string, unknown> & DataStructure {
  return { ...plan.template } as Record<string, unknown> & DataStructure
}

/**
 * The commands of OpenWire as plain objects, typed from the table: `type` holds the code of the
 * structure, the other properties are its fields by their wire names, all of them always present.
 * Fields that the negotiated version does not carry hold zero, false or null.
 */
import type { Field, FieldOf, Kind, Structure } from './field.ts'
import { schema } from './schema.ts'

/** A 64-bit number: a bigint only where a JavaScript number would not be exact. */
export type Long = number | bigint

/** As a JavaScript number, rounded when it is beyond 2^53. */
export function longToNumber(value: Long): number {
  return typeof value === 'number' ? value : Number(value)
}

export interface StackElement {
  readonly className: string | null
  readonly methodName: string | null
  readonly fileName: string | null
  readonly lineNumber: number
}

/** A Java exception as the wire carries it. Trace and cause are there only if negotiated. */
export interface WireThrowable {
  readonly className: string | null
  readonly message: string | null
  readonly stackTrace: readonly StackElement[]
  cause: WireThrowable | null
}

type Schema = typeof schema

export type StructureName = keyof Schema

/** Names in the rows of the table that stand for several structures. */
const families = {
  ActiveMQDestination: ['ActiveMQQueue', 'ActiveMQTopic', 'ActiveMQTempQueue', 'ActiveMQTempTopic'],
  TransactionId: ['LocalTransactionId', 'XATransactionId'],
  Message: [
    'ActiveMQMessage',
    'ActiveMQBytesMessage',
    'ActiveMQMapMessage',
    'ActiveMQObjectMessage',
    'ActiveMQStreamMessage',
    'ActiveMQTextMessage',
    'ActiveMQBlobMessage',
  ],
} as const satisfies Record<string, readonly StructureName[]>

/** Structures that occur only inside commands, beside destinations and transaction ids. */
const onlyInside = [
  'MessageId',
  'ConnectionId',
  'SessionId',
  'ConsumerId',
  'ProducerId',
  'BrokerId',
  'DiscoveryEvent',
  'JournalTopicAck',
  'JournalQueueAck',
  'JournalTrace',
  'JournalTransaction',
  'SubscriptionInfo',
  'NetworkBridgeFilter',
] as const satisfies readonly StructureName[]

export type DestinationName = (typeof families)['ActiveMQDestination'][number]
export type TransactionName = (typeof families)['TransactionId'][number]
export type MessageName = (typeof families)['Message'][number]
export type CommandName = Exclude<
  StructureName,
  DestinationName | TransactionName | (typeof onlyInside)[number]
>

interface FamilyMembers {
  ActiveMQDestination: DestinationName
  TransactionId: TransactionName
  Message: MessageName
  DataStructure: StructureName
}

type MembersOf<O extends string> = O extends keyof FamilyMembers
  ? FamilyMembers[O]
  : Extract<O, StructureName>

interface PlainValues {
  boolean: boolean
  byte: number
  int: number
  long: Long
  string: string | null
  bytes: Buffer | null
  fixedBytes: Buffer
  throwable: WireThrowable | null
}

type ValueOf<F extends Field> =
  F extends FieldOf<string, infer K extends Kind, infer O extends string>
    ? K extends keyof PlainValues
      ? PlainValues[K]
      : K extends 'list'
        ? (CommandOf<MembersOf<O>> | null)[] | null
        : CommandOf<MembersOf<O>> | null
    : never

type FieldsOf<N extends StructureName> = Schema[N]['fields'][number]

type BodyOf<N extends StructureName> = {
  [F in FieldsOf<N> as F['name']]: ValueOf<F>
}

/** The plain object of one structure, or the union of several. */
export type CommandOf<N extends StructureName> = N extends StructureName
  ? { type: Schema[N]['code'] } & BodyOf<N>
  : never

export type DataStructure = CommandOf<StructureName>

/** What may be sent in a frame of its own; the others occur only inside commands. */
export type Command = CommandOf<CommandName>

export type MessageCommand = CommandOf<MessageName>
export type Destination = CommandOf<DestinationName>
export type TransactionId = CommandOf<TransactionName>
export type WireFormatInfo = CommandOf<'WireFormatInfo'>
export type BrokerInfo = CommandOf<'BrokerInfo'>
export type ConnectionInfo = CommandOf<'ConnectionInfo'>
export type SessionInfo = CommandOf<'SessionInfo'>
export type ConsumerInfo = CommandOf<'ConsumerInfo'>
export type ProducerInfo = CommandOf<'ProducerInfo'>
export type TransactionInfo = CommandOf<'TransactionInfo'>
export type DestinationInfo = CommandOf<'DestinationInfo'>
export type RemoveSubscriptionInfo = CommandOf<'RemoveSubscriptionInfo'>
export type KeepAliveInfo = CommandOf<'KeepAliveInfo'>
export type ShutdownInfo = CommandOf<'ShutdownInfo'>
export type RemoveInfo = CommandOf<'RemoveInfo'>
export type ControlCommand = CommandOf<'ControlCommand'>
export type ConnectionError = CommandOf<'ConnectionError'>
export type ConsumerControl = CommandOf<'ConsumerControl'>
export type ConnectionControl = CommandOf<'ConnectionControl'>
export type ProducerAck = CommandOf<'ProducerAck'>
export type MessagePull = CommandOf<'MessagePull'>
export type MessageDispatch = CommandOf<'MessageDispatch'>
export type MessageAck = CommandOf<'MessageAck'>
export type Response = CommandOf<'Response'>
export type ExceptionResponse = CommandOf<'ExceptionResponse'>
export type DataResponse = CommandOf<'DataResponse'>
export type DataArrayResponse = CommandOf<'DataArrayResponse'>
export type IntegerResponse = CommandOf<'IntegerResponse'>
export type DiscoveryEvent = CommandOf<'DiscoveryEvent'>
export type SubscriptionInfo = CommandOf<'SubscriptionInfo'>
export type PartialCommand = CommandOf<'PartialCommand'>
export type LastPartialCommand = CommandOf<'LastPartialCommand'>
export type ReplayCommand = CommandOf<'ReplayCommand'>
export type MessageDispatchNotification = CommandOf<'MessageDispatchNotification'>
export type NetworkBridgeFilter = CommandOf<'NetworkBridgeFilter'>
export type BrokerSubscriptionInfo = CommandOf<'BrokerSubscriptionInfo'>
export type MessageId = CommandOf<'MessageId'>
export type LocalTransactionId = CommandOf<'LocalTransactionId'>
export type XATransactionId = CommandOf<'XATransactionId'>
export type ConnectionId = CommandOf<'ConnectionId'>
export type SessionId = CommandOf<'SessionId'>
export type ConsumerId = CommandOf<'ConsumerId'>
export type ProducerId = CommandOf<'ProducerId'>
export type BrokerId = CommandOf<'BrokerId'>

/** Type codes by structure name. */
export const TypeId = Object.freeze(
  Object.fromEntries(Object.entries(schema).map(([name, row]) => [name, row.code])),
) as { readonly [N in StructureName]: Schema[N]['code'] }

const allNames = Object.keys(schema) as StructureName[]

/** The structures that a name in the `of` column of the table stands for. */
export function membersOf(name: string): readonly StructureName[] {
  if (name === 'DataStructure') return allNames
  if (name in families) return families[name as keyof typeof families]
  return name in schema ? [name as StructureName] : []
}

const commandCodes = new Set<number>(allNames.map((name) => TypeId[name]))
for (const name of [...families.ActiveMQDestination, ...families.TransactionId, ...onlyInside]) {
  commandCodes.delete(TypeId[name])
}

function has(codes: ReadonlySet<number>, value: { readonly type: number } | null): boolean {
  return value !== null && codes.has(value.type)
}

const messageCodes = new Set<number>(families.Message.map((name) => TypeId[name]))
const destinationCodes = new Set<number>(families.ActiveMQDestination.map((name) => TypeId[name]))

export function isCommand(value: DataStructure | null): value is Command {
  return has(commandCodes, value)
}

export function isMessage(value: DataStructure | null): value is MessageCommand {
  return has(messageCodes, value)
}

export function isDestination(value: DataStructure | null): value is Destination {
  return has(destinationCodes, value)
}

/** What a field holds when nobody set it. */
function zeroOf(field: Field): unknown {
  if (field.absent !== null) return field.absent
  switch (field.kind) {
    case 'boolean':
      return false
    case 'byte':
    case 'int':
    case 'long':
      return 0
    case 'fixedBytes':
      return Buffer.alloc(field.size)
    default:
      return null
  }
}

/** An empty object of a structure: every field in the order of the table, holding its zero. */
export function templateOf(row: Structure): Record<string, unknown> {
  const template: Record<string, unknown> = { type: row.code }
  for (const field of row.fields) template[field.name] = zeroOf(field)
  return template
}

/**
 * A whole command from the fields that matter. Not for the way of a message: where every field is
 * known, write the object literal.
 */
export function create<N extends StructureName>(
  name: N,
  fields: Partial<BodyOf<N>> = {},
): CommandOf<N> {
  return Object.assign(templateOf(schema[name]), fields) as CommandOf<N>
}

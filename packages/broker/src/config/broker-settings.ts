/**
 * Every setting of a broker, once: its word in quorate.yaml, its type, default, unit and purpose.
 * The flag (`--zk-address`), the environment variable (`QUORATE_ZK_ADDRESS`), the checks and
 * docs/reference/configuration.md derive from this table. Words that ActiveMQ's replicatedLevelDB
 * has are its words.
 *
 * Written in JSON Schema's words, with annotations beside them: `unit` (ms, bytes: texts like `2s`
 * and `100mb` are understood), `effect` (what it does to a running cluster), `secret` (never
 * logged), `defaultText` (for a default that depends on the machine). A schema library would load
 * several hundred modules for the six keywords that are used: half a second of every command.
 */

const nameWord = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'
const nameMessage = 'up to 64 letters, digits and ._:- , beginning with a letter or digit'

export interface SettingSchema {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'policies'
  /** Purpose, one or two sentences. */
  readonly description: string
  readonly effect?: string
  readonly default: unknown
  readonly defaultText?: string
  readonly enum?: readonly (string | number)[]
  /** Why there are no others. */
  readonly enumReason?: string
  readonly unit?: 'ms' | 'bytes'
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  /** What fits the pattern, in words. */
  readonly patternMessage?: string
  readonly minLength?: number
  readonly maxItems?: number
  readonly secret?: boolean
}

export interface ConnectorSetting {
  /** Name in logs and views. */
  readonly name: string
  /** `tcp://host:port`; port 0 takes a free one. */
  readonly uri: string
  /** The address that clients are told, where it differs from `uri` (NAT). */
  readonly publishedUri: string
}

/** What a policyEntry of ActiveMQ says; absent words have their defaults. */
export interface PolicySetting {
  readonly destination: {
    readonly kind: 'queue' | 'topic' | 'temp-queue' | 'temp-topic'
    readonly name: string
  }
  readonly memoryLimit?: number
  readonly producerFlowControl?: boolean
  readonly sendFailIfNoSpace?: boolean
  readonly sendFailIfNoSpaceAfterTimeout?: number
  readonly pendingMessageLimit?: number
}

interface SettingTypes {
  readonly string: string
  readonly integer: number
  readonly boolean: boolean
  readonly array: ConnectorSetting[]
  readonly policies: PolicySetting[]
}

type SettingOf<T extends keyof SettingTypes> = SettingSchema & {
  readonly type: T
  readonly default: SettingTypes[T]
}
type Words<T extends keyof SettingTypes> = Omit<SettingSchema, 'type'> & {
  readonly default: SettingTypes[T]
}

type Measured = Words<'integer'> & { readonly minimum: number }

function text(words: Words<'string'>): SettingOf<'string'> {
  return { type: 'string', ...words }
}

function integer(words: Words<'integer'>): SettingOf<'integer'> {
  return { type: 'integer', ...words }
}

function flag(words: Words<'boolean'>): SettingOf<'boolean'> {
  return { type: 'boolean', ...words }
}

function connectors(words: Words<'array'>): SettingOf<'array'> {
  return { type: 'array', ...words }
}

function policies(words: Words<'policies'>): SettingOf<'policies'> {
  return { type: 'policies', ...words }
}

/** Share of the disk, in percent. */
function percent(words: Omit<Words<'integer'>, 'default'>): SettingOf<'integer'> {
  return integer({ minimum: 1, maximum: 100, default: 0, ...words })
}

function milliseconds(words: Measured): SettingOf<'integer'> {
  return integer({ unit: 'ms', maximum: 3_600_000, ...words })
}

function bytes(words: Measured): SettingOf<'integer'> {
  return integer({ unit: 'bytes', ...words })
}

const identity = {
  brokerName: text({
    description: 'Name of the cluster: brokers that share it form one.',
    effect: 'Fixed at the first start; a data directory refuses another name afterwards.',
    default: 'localhost',
    pattern: nameWord,
    patternMessage: nameMessage,
  }),
  nodeId: text({
    description: 'Name of this member of the cluster, unique in it and stable across restarts.',
    effect: 'Two brokers with one nodeId disturb each other; the second does not start.',
    default: '',
    defaultText: "the machine's host name",
    pattern: `^$|${nameWord}`,
    patternMessage: nameMessage,
  }),
  directory: text({
    description:
      'Directory of journal, index and meta file. In a file it is relative to that file, ' +
      'elsewhere to the working directory.',
    effect: 'Belongs to one broker. Put it on a disk whose fsync is honest.',
    default: 'data',
    minLength: 1,
  }),
}

const clients = {
  transportConnectors: connectors({
    description:
      'Where clients connect. In a file a list of `{name, uri, publishedUri}` or of plain URIs; ' +
      'elsewhere a comma list of URIs.',
    effect: 'Only the leader listens; clients name every broker in `failover:(...)`.',
    default: [{ name: 'openwire', uri: 'tcp://0.0.0.0:61616', publishedUri: '' }],
    defaultText: 'tcp://0.0.0.0:61616',
    maxItems: 16,
  }),
  destinations: text({
    description:
      'Queues and topics that are there from the start: `queue://ORDERS, topic://PRICES`; without ' +
      'a scheme it is a queue.',
    effect:
      'A new leader creates those that are missing. All others are created when they are used.',
    default: '',
    defaultText: 'none',
  }),
  memoryLimit: bytes({
    description: 'Memory for messages that are not stored: non-persistent and in transactions.',
    effect: 'Producers of non-persistent messages wait when it is used up.',
    default: 256 * 1024 ** 2,
    minimum: 1024 ** 2,
  }),
  tempLimit: bytes({
    description:
      "Disk for such messages that memory has no room for, as ActiveMQ's systemUsage.tempUsage; " +
      'less where the disk has less. 0 keeps them in memory.',
    effect: 'Their producers wait when it is used up too.',
    default: 50 * 1024 ** 3,
    minimum: 0,
  }),
  tempLimitPercent: percent({
    description:
      "tempLimit in percent of the disk, as the percentLimit of ActiveMQ's tempUsage: of the total " +
      'size of the file system that `directory` lies on.',
    effect:
      'Follows a disk that grows. Wins over a tempLimit of the same source, which counts as long as that size is not known.',
    defaultText: 'none: tempLimit counts',
  }),
  sendFailIfNoSpace: flag({
    description: 'A send that finds no room fails at once with a ResourceAllocationException.',
    effect: 'Off, it waits until there is room.',
    default: false,
  }),
  sendFailIfNoSpaceAfterTimeout: milliseconds({
    description: 'How long a send waits for room before it fails so; 0 waits for ever.',
    default: 0,
    minimum: 0,
  }),
  destinationPolicies: policies({
    description:
      "Limits of single destinations or patterns of them, in the words of ActiveMQ's " +
      'policyEntry: a list of `{queue, memoryLimit, ...}` or `{topic, pendingMessageLimit, ...}`.',
    effect: 'See [usage limits](../usage-limits.md). The most specific entry wins, whole.',
    default: [],
    defaultText: 'none',
    maxItems: 256,
  }),
}

/** What one entry of destinationPolicies may say beside its destination. */
export const policyWords = {
  memoryLimit: bytes({
    description:
      'Memory that one of these destinations may hold for messages that are not stored; 0 = no ' +
      'limit of its own.',
    default: 0,
    minimum: 0,
  }),
  producerFlowControl: flag({
    description: "Whether producers wait for the destination's own memoryLimit.",
    default: true,
  }),
  sendFailIfNoSpace: flag({
    description: 'As for the whole broker, for these destinations.',
    default: false,
    defaultText: "the broker's",
  }),
  sendFailIfNoSpaceAfterTimeout: milliseconds({
    description: 'As for the whole broker, for these destinations.',
    default: 0,
    defaultText: "the broker's",
    minimum: 0,
  }),
  pendingMessageLimit: integer({
    description:
      'Messages that wait for one subscriber of a topic beyond its prefetch; the oldest go first. ' +
      '-1 = any number, and senders wait when memory and the temporary store are full.',
    default: 1000,
    minimum: -1,
    maximum: 1_000_000,
  }),
}

export type PolicyWord = keyof typeof policyWords

/** What an entry of destinationPolicies is for: exactly one of these. */
export const policyTargets = ['queue', 'topic', 'tempQueue', 'tempTopic'] as const

export type PolicyTarget = (typeof policyTargets)[number]

const store = {
  storeLimit: bytes({
    description:
      "Bytes that the log may use, as ActiveMQ's systemUsage.storeUsage; less where the disk has less.",
    effect: 'Senders of persistent messages wait above it; consumers go on.',
    default: 100 * 1024 ** 3,
    minimum: 1024 ** 2,
  }),
  storeLimitPercent: percent({
    description:
      "storeLimit in percent of the disk, as the percentLimit of ActiveMQ's storeUsage: of the " +
      'total size of the file system that `directory` lies on, and at least 1mb.',
    effect:
      'Follows a disk that grows. Wins over a storeLimit of the same source, which counts as long ' +
      'as that size is not known.',
    defaultText: 'none: storeLimit counts',
  }),
  storeHeadRoom: bytes({
    description:
      'Bytes of the disk that new messages leave free, for acknowledgements, the index and what ' +
      'replicas tell each other; 0 leaves the choice to the broker.',
    effect: 'Senders of persistent messages wait when less is free; consumers go on.',
    default: 0,
    defaultText: '256mb or two segments, at most an eighth of the disk',
    minimum: 0,
  }),
}

const replication = {
  replicas: integer({
    description: 'Brokers in the cluster: 1, 3 or 5. Three survive the loss of one, five of two.',
    effect: 'Fixed at the first start of the cluster.',
    default: 3,
    enum: [1, 3, 5],
    enumReason:
      'three survive the loss of one, five of two; an even number survives no more than one fewer',
  }),
  sync: text({
    description:
      'What a confirmation promises: a comma list of local_mem, local_disk, remote_mem, ' +
      'remote_disk, quorum_mem and quorum_disk, the promises added up.',
    effect:
      'With anything but quorum_disk (or local_disk,remote_disk) confirmed messages can be lost ' +
      'when machines lose power. May be changed by restarting one broker after the other; until the ' +
      'last one a confirmation promises what is set on the leader of that moment.',
    default: 'quorum_disk',
  }),
  bind: text({
    description: 'Where the other brokers connect to: `tcp://host:port`; port 0 takes a free one.',
    default: 'tcp://0.0.0.0:61619',
  }),
  hostname: text({
    description: 'Host name that the others and the clients are told where we listen everywhere.',
    default: '',
    defaultText: "the machine's host name",
  }),
  connectUrl: text({
    description:
      'Address that the other brokers are told instead of hostname and the port of `bind` ' +
      '(NAT): `tcp://host:port`.',
    default: '',
    defaultText: 'none',
  }),
  weight: integer({
    description: 'Preference in an election among brokers whose logs are equally new.',
    default: 1,
    minimum: 0,
    maximum: 1_000_000,
  }),
  securityToken: text({
    description:
      'Secret that the brokers of a cluster share. They prove it to each other; it is never sent.',
    effect: 'Without it any process that reaches `bind` can claim to be a broker of the cluster.',
    default: '',
    defaultText: 'none',
    secret: true,
  }),
  logSize: bytes({
    description: 'Size of a journal segment; segments are preallocated to it.',
    effect: 'Disk is freed by whole segments.',
    default: 100 * 1024 ** 2,
    minimum: 64 * 1024,
    maximum: 2 * 1024 ** 3 - 1,
  }),
}

const timing = {
  heartbeat: milliseconds({
    description: 'Time between two heartbeats of the leader.',
    default: 100,
    minimum: 10,
  }),
  electionTimeout: milliseconds({
    description:
      'How long a broker stays with a leader that it has heard before it elects another.',
    effect: 'The greater part of a failover. Lower it only where the network never stalls.',
    default: 800,
    minimum: 50,
  }),
  leaderLease: milliseconds({
    description:
      'How long the heartbeat answers of a quorum entitle the leader to hand out messages.',
    effect: 'Below electionTimeout, so that two leaders never hand out the same message.',
    default: 600,
    minimum: 40,
  }),
  quorumTimeout: milliseconds({
    description: 'A leader that hears no quorum for this long steps down.',
    default: 2000,
    minimum: 100,
  }),
  bootstrapGrace: milliseconds({
    description: 'How long the first start of a cluster waits for absent brokers.',
    effect: 'After it a quorum starts alone; the seats of the others stay vacant until they come.',
    default: 10_000,
    minimum: 0,
  }),
}

const coordination = {
  zkAddress: text({
    description: 'ZooKeeper servers, or the embedded coordination: `host:port,host:port,...`.',
    default: '127.0.0.1:2181',
  }),
  zkPath: text({
    description: 'Path under which the brokers appear in ZooKeeper.',
    default: '/default',
    pattern: '^(/[^/\\s]+)+$',
    patternMessage: 'an absolute path without a slash at its end',
  }),
  zkPassword: text({
    description: 'Password of the ZooKeeper nodes; without it anybody may write them.',
    default: '',
    defaultText: 'none',
    secret: true,
  }),
  zkSessionTimeout: milliseconds({
    description: 'How long ZooKeeper believes in a silent broker.',
    effect: 'Only cleans up what a dead broker left; a failover does not wait for it.',
    default: 8000,
    minimum: 500,
  }),
  stepDownOnZkExpiry: flag({
    description: 'A leader whose ZooKeeper session expires steps down, as in ActiveMQ.',
    effect: 'Off, a healthy leader keeps serving while ZooKeeper is down.',
    default: false,
  }),
}

const operation = {
  consoleHost: text({
    description:
      'Interface of the HTTP API. Without users it only reads, and tells other machines nothing ' +
      'but the status of the node.',
    default: '127.0.0.1',
    minLength: 1,
  }),
  consolePort: integer({
    description: 'Port of the HTTP API, in every role; 0 takes a free one.',
    default: 8161,
    minimum: 0,
    maximum: 65_535,
  }),
  consoleUsers: text({
    description:
      'File with the users of the HTTP API, in the format of jetty-realm.properties: ' +
      '`name: password, role`. In a file it is relative to that file, elsewhere to the working ' +
      'directory. Without it nobody can change anything through the API.',
    default: '',
  }),
  logLevel: text({
    description: 'Least important log lines that are written.',
    default: 'info',
    enum: ['debug', 'info', 'warn', 'error', 'silent'],
  }),
  logFormat: text({
    description: 'Form of the log lines: text for people, json for machines.',
    default: 'auto',
    defaultText: 'text on a terminal, else json',
    enum: ['auto', 'text', 'json'],
  }),
}

const brokerSettings = {
  ...identity,
  ...clients,
  ...store,
  ...replication,
  ...timing,
  ...coordination,
  ...operation,
}

export type SettingName = keyof typeof brokerSettings

/** The settings after parsing: durations in milliseconds, sizes in bytes. */
export type BrokerSettings = {
  [N in SettingName]: SettingTypes[(typeof brokerSettings)[N]['type']]
}

/** Chapters of the reference page, in order. */
export const settingChapters: Readonly<Record<string, readonly SettingName[]>> = {
  Identity: Object.keys(identity) as SettingName[],
  Clients: Object.keys(clients) as SettingName[],
  Store: Object.keys(store) as SettingName[],
  Replication: Object.keys(replication) as SettingName[],
  Timing: Object.keys(timing) as SettingName[],
  Coordination: Object.keys(coordination) as SettingName[],
  Operation: Object.keys(operation) as SettingName[],
}

export const settingNames = Object.keys(brokerSettings) as readonly SettingName[]

export function settingSchema(name: SettingName): SettingSchema {
  return brokerSettings[name]
}

export function isSettingName(word: string): word is SettingName {
  return Object.hasOwn(brokerSettings, word)
}

/** Paths, relative to the folder of whoever says them. */
export const pathSettings: readonly SettingName[] = ['directory', 'consoleUsers']

/** Settings whose values are never logged or shown. */
export const secretSettings = settingNames.filter((name) => settingSchema(name).secret === true)

/** zkAddress -> zk-address */
export function flagOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** zkAddress -> QUORATE_ZK_ADDRESS */
export function variableOf(name: SettingName): string {
  return `QUORATE_${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}

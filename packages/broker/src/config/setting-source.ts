import type { SettingName } from './broker-settings.ts'
import type { ConsoleUser } from './console-user.ts'

/** Something to say about a place. */
export interface Remark {
  /** `quorate.yaml:3:7`, `--zk-address` or `QUORATE_ZK_ADDRESS`. */
  readonly where: string
  readonly message: string
}

/** One thing that is wrong, with the place to put it right. */
export type Problem = Remark

/** A value as somebody wrote it, not yet checked against its schema. */
export interface WrittenText {
  readonly where: string
  readonly text: string
}

export interface WrittenConnector {
  readonly where: string
  readonly name?: WrittenText
  readonly uri?: WrittenText
  readonly publishedUri?: WrittenText
}

/** An entry of destinationPolicies. */
export interface WrittenPolicy {
  readonly where: string
  readonly words: ReadonlyMap<string, WrittenText>
}

/** What one source says: a file, the environment or the command line. */
export interface SettingSource {
  readonly texts: ReadonlyMap<SettingName, WrittenText>
  /** Of transportConnectors and of destinationPolicies, the settings that are lists. */
  readonly connectors?: readonly WrittenConnector[]
  readonly policies?: readonly WrittenPolicy[]
  readonly problems: readonly Problem[]
  /** Directory that relative paths of this source start from. */
  readonly folder: string
  /** Of an activemq.xml alone. */
  readonly activemq?: ActivemqRemarks
}

/** What an activemq.xml says beyond settings. */
export interface ActivemqRemarks {
  /** Words that mean something in ActiveMQ and need not mean anything here, with the reason. */
  readonly accepted: readonly Remark[]
  /** Words of ActiveMQ that we should heed and do not yet. */
  readonly unsupported: readonly Remark[]
  /** Worth a warning at every start. */
  readonly doubts: readonly string[]
  /** Who may log in to the HTTP API. */
  readonly consoleUsers: readonly ConsoleUser[]
  /** Settings whose text came out of a property file or a variable. */
  readonly hiddenSettings: ReadonlySet<SettingName>
  /** Takes values out of a message that came out of property files and variables. */
  readonly hide: (message: string) => string
}

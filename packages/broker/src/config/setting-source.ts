import type { SettingName } from './broker-settings.ts'

/** One thing that is wrong, with the place to put it right. */
export interface Problem {
  /** `quorate.yaml:3:7`, `--zk-address` or `QUORATE_ZK_ADDRESS`. */
  readonly where: string
  readonly message: string
}

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
}

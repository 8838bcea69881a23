import type { SettingName } from '../broker-settings.ts'
import type { ConsoleUser } from '../console-user.ts'
import type { Problem, Remark, WrittenText } from '../setting-source.ts'
import type { Installation } from './installation.ts'
import { Placeholders } from './placeholders.ts'
import type { XmlAttribute } from './xml-tree.ts'

/** What is found while an activemq.xml and the files that it names are read. */
export class Reading {
  readonly installation: Installation
  readonly placeholders: Placeholders
  /** Directory that shown paths start from... */
  readonly folder: string
  /** ...and that of the activemq.xml. */
  readonly fileFolder: string
  readonly texts = new Map<SettingName, WrittenText>()
  readonly hiddenSettings = new Set<SettingName>()
  readonly problems: Problem[] = []
  readonly unsupported: Remark[] = []
  readonly accepted: Remark[] = []
  readonly doubts: string[] = []
  readonly consoleUsers: ConsoleUser[] = []

  constructor(
    installation: Installation,
    environment: Readonly<Record<string, string | undefined>>,
    folders: { readonly shown: string; readonly file: string },
  ) {
    const { definitions } = installation
    this.installation = installation
    this.placeholders = new Placeholders({ definitions, environment })
    this.folder = folders.shown
    this.fileFolder = folders.file
  }

  complain(where: string, message: string): void {
    this.problems.push({ where, message })
  }

  accept(where: string, message: string): void {
    this.accepted.push({ where, message })
  }

  miss(where: string, message: string): void {
    this.unsupported.push({ where, message })
  }

  /** The value of an attribute without its placeholders; undefined after a complaint. */
  textOf({ value, valueWhere }: XmlAttribute): string | undefined {
    return this.resolve(value, valueWhere)?.text
  }

  resolve(
    text: string,
    where: string,
  ): { readonly text: string; readonly isHidden: boolean } | undefined {
    const resolved = this.placeholders.resolve(text)
    if (!('problem' in resolved)) return resolved
    this.complain(where, resolved.problem)
    return undefined
  }

  set(name: SettingName, written: WrittenText, isHidden = false): void {
    this.texts.set(name, written)
    if (isHidden) this.hiddenSettings.add(name)
    else this.hiddenSettings.delete(name)
  }

  /** As if nothing had said it. */
  unset(name: SettingName): void {
    this.texts.delete(name)
    this.hiddenSettings.delete(name)
  }
}

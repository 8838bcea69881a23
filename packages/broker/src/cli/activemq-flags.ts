import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

export interface ActivemqFlags {
  /** `-Dname=value`. */
  readonly define: Readonly<Record<string, string>>
}

function defined(text: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It is no name=value.')
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) }
}

/** For commands that read an activemq.xml: what its placeholders may refer to. */
export function addDefinitions(command: Command): Command {
  return command.addOption(
    new Option('-D, --define <name=value>', 'property for the placeholders of an activemq.xml')
      .argParser(defined)
      .default({}, ''),
  )
}

export function addIgnoreUnsupported(command: Command): Command {
  const purpose = 'go on without what an activemq.xml says and Quorate does not support yet'
  return command.option('--ignore-unsupported', purpose, false)
}

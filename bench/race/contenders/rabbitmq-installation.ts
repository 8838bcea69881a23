import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { javaMissing } from '../../../test/support/java.ts'

/** Where Debian's rabbitmq-server keeps each version; its scripts in /usr/sbin insist on a user. */
const LIBRARY = '/usr/lib/rabbitmq/lib'
const SERVER = 'rabbitmq_server-'

const CLIENT = '/usr/share/java/amqp-client.jar'

/** Jars of Debian's librabbitmq-client-java and what it needs. */
export const rabbitmqJars = ['amqp-client', 'slf4j-api', 'slf4j-simple']

export interface RabbitmqInstallation {
  readonly version: string
  /** Folder of rabbitmq-server and rabbitmqctl. */
  readonly scripts: string
}

/** Null when it is not installed. */
export function installedRabbitmq(): RabbitmqInstallation | null {
  if (!existsSync(LIBRARY)) return null
  const folder = readdirSync(LIBRARY).find((name) => name.startsWith(SERVER))
  if (folder === undefined) return null
  return { version: folder.slice(SERVER.length), scripts: join(LIBRARY, folder, 'sbin') }
}

/** What has to be installed for the race; null when it is there. */
export function rabbitmqMissing(): string | null {
  if (installedRabbitmq() === null) return "needs Debian's rabbitmq-server"
  if (!existsSync(CLIENT)) return "needs Debian's librabbitmq-client-java"
  return javaMissing(rabbitmqJars) || null
}

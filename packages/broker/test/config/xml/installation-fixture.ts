import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { loadBrokerOptions } from '../../../src/config/load.ts'
import type { LoadRequest, LoadedSettings } from '../../../src/config/load.ts'

const beans = 'http://www.springframework.org/schema/beans'
const core = 'http://activemq.apache.org/schema/core'

/** Files of an installation by path, `conf/activemq.xml` among them. */
export type Files = Readonly<Record<string, string>>

/** A Spring file with this broker in it; the broker's start tag is on line 2. */
export function springFile(broker: string, beside = ''): string {
  return `<beans xmlns="${beans}">\n${broker.replace('<broker', `<broker xmlns="${core}"`)}\n${beside}</beans>\n`
}

/** A broker that can be started, with this attribute or that element. */
export function brokerWith(inside: string, attributes = ''): string {
  return `<broker ${attributes}>
  <transportConnectors><transportConnector uri="tcp://0.0.0.0:61616"/></transportConnectors>
${inside}
</broker>`
}

export function replicated(attributes: string): string {
  return `  <persistenceAdapter>\n    <replicatedLevelDB ${attributes}/>\n  </persistenceAdapter>`
}

/** Gives a folder with these files to the work, and removes it when the work is done. */
export function inFolder<T>(files: Files, work: (folder: string) => T): T {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'quorate-xml-')))
  const remove = (): void => rmSync(folder, { recursive: true })
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const result = work(folder)
    if (result instanceof Promise) return result.finally(remove) as T
    remove()
    return result
  } catch (error) {
    remove()
    throw error
  }
}

/** What `conf/activemq.xml` of these files means on a machine named vega. */
export function loadFiles(files: Files, request: LoadRequest = {}): LoadedSettings {
  return inFolder(files, (folder) =>
    loadBrokerOptions({ file: 'conf/activemq.xml', folder, machineName: 'vega', ...request }),
  )
}

export function loadXml(text: string, request: LoadRequest = {}): LoadedSettings {
  return loadFiles({ 'conf/activemq.xml': text }, request)
}

/** The lines of the complaint about these files; none when there is none. */
export function complaintsAbout(files: Files, request: LoadRequest = {}): string[] {
  return inFolder(files, (folder) => {
    try {
      loadBrokerOptions({ file: 'conf/activemq.xml', folder, machineName: 'vega', ...request })
      return []
    } catch (error) {
      assert.ok(error instanceof BrokerError, String(error))
      assert.equal(error.code, 'CONFIG_INVALID')
      return error.message.replaceAll(`${folder}/`, '').split('\n')
    }
  })
}

export function complaints(text: string, request: LoadRequest = {}): string[] {
  return complaintsAbout({ 'conf/activemq.xml': text }, request)
}

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadBrokerOptions } from '../../../src/config/load.ts'
import type { LoadedSettings } from '../../../src/config/load.ts'
import { brokerWith, inFolder, replicated, springFile } from './installation-fixture.ts'

const configurer = 'org.springframework.beans.factory.config.PropertyPlaceholderConfigurer'

function load(files: Readonly<Record<string, Uint8Array>>): LoadedSettings {
  return inFolder({}, (folder) => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
    return loadBrokerOptions({ file: 'a.xml', folder, machineName: 'vega' })
  })
}

function tokenOf(text: string, encode: (text: string) => Uint8Array): string {
  return load({ 'a.xml': encode(text) }).options.replication.securityToken
}

const withToken = springFile(brokerWith(replicated('securityToken="grün"')))
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le')

describe('a secret beyond ASCII is the same secret', () => {
  it('in each encoding that an activemq.xml may have', () => {
    assert.equal(
      tokenOf(withToken, (text) => Buffer.from(text)),
      'grün',
    )
    const declared = (name: string) => `<?xml version='1.0' encoding='${name}'?>\n${withToken}`
    assert.equal(tokenOf(declared('ISO-8859-1'), latin1), 'grün')
    assert.equal(tokenOf(`\uFEFF${withToken}`, utf16), 'grün')
    assert.equal(tokenOf(declared('UTF-16'), utf16), 'grün')
    const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16()
    assert.equal(tokenOf(`\uFEFF${withToken}`, bigEndian), 'grün')
  })

  it('or the start stops: bytes of another encoding are no other secret', () => {
    const message = 'a.xml: no text in the encoding utf-8'
    assert.throws(() => tokenOf(withToken, latin1), { message })
    const unknown = `<?xml version="1.0" encoding="x-none"?>\n${withToken}`
    const other = 'a.xml: no text in the encoding x-none'
    assert.throws(() => tokenOf(unknown, latin1), { message: other })
  })

  it('in a property file, which Java reads as ISO-8859-1 unless told otherwise', () => {
    const file = (inside: string): Uint8Array =>
      Buffer.from(
        springFile(
          brokerWith(replicated('securityToken="${token}"')),
          `<bean class="${configurer}"><property name="location" value="p.properties"/>${inside}</bean>`,
        ),
      )
    const token = (inside: string, bytes: Uint8Array): string =>
      load({ 'a.xml': file(inside), 'p.properties': bytes }).options.replication.securityToken
    assert.equal(token('', latin1('token=grün')), 'grün')
    const told = '<property name="fileEncoding" value="UTF-8"/>'
    assert.equal(token(told, Buffer.from('token=grün')), 'grün')
  })
})

describe('a configuration file', () => {
  it('that may be absent is read when it is there, and is never another thing than a file', () => {
    const wrong = (location: string): void => {
      const bean = `<bean class="${configurer}"><property name="location" value="${location}"/>
        <property name="ignoreResourceNotFound" value="true"/></bean>`
      load({ 'a.xml': Buffer.from(springFile(brokerWith(''), bean)) })
    }
    assert.doesNotThrow(() => wrong('absent.properties'))
    assert.throws(() => wrong('file:/dev/zero'), { message: /larger than 262144 bytes$/ })
    assert.throws(() => wrong('https://a.example/b.properties'), {
      message: /only files are read$/,
    })
  })

  it('is read no further than its limit, even when it is a device without an end', () => {
    const bean = `<bean class="${configurer}"><property name="location" value="file:/dev/zero"/></bean>`
    const text = springFile(brokerWith(''), bean)
    assert.throws(() => load({ 'a.xml': Buffer.from(text) }), {
      message: /^a\.xml:\d+:\d+: \/dev\/zero: larger than 262144 bytes$/,
    })
  })
})

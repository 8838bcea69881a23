import { cannotBeChecked, uncheckable } from '../console-user.ts'
import type { ConsoleUser } from '../console-user.ts'
import { decodeAs } from '../config-file.ts'
import type { ConfigFile } from '../config-file.ts'
import { readConsoleUsers } from './console-users.ts'
import type { Reading } from './reading.ts'
import { readReferenced } from './referenced-file.ts'
import { PROPERTIES_ENCODING } from './xml-encoding.ts'
import { attributeOf, parseXml } from './xml-tree.ts'
import type { XmlAttribute, XmlElement } from './xml-tree.ts'

/**
 * Reads the console's file for what concerns us: host, port and users. Jetty's handlers, filters
 * and roles are those of ActiveMQ's own web applications, and are not looked at.
 */
export function readJetty(file: ConfigFile, reading: Reading): void {
  const elements = everyElement(parseXml(file.text, file.shown))
  const connectors = elements.filter(isConnector)
  const secure = connectors.filter((each) => /ssl|secure/i.test(`${nameOf(each)} ${idOf(each)}`))
  for (const { where } of secure) {
    reading.miss(where, "HTTPS for the console is ActiveMQ's, not yet Quorate's")
  }
  const plain = connectors.filter((each) => !secure.includes(each))
  const port = elements.find((each) => nameOf(each).endsWith('.WebConsolePort'))
  const source = port ?? plain[0]
  if (source === undefined) reading.complain(file.shown, 'no port of the console in it')
  else readAddress(source, reading)
  for (const element of elements) {
    if (nameOf(element).endsWith('.HashLoginService')) readRealm(element, reading)
  }
}

function everyElement(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap(everyElement)]
}

/** Class of a bean; name of an element of Jetty's own. */
function nameOf(element: XmlElement): string {
  return element.name === 'bean' ? (attributeOf(element, 'class')?.value ?? '') : element.name
}

function idOf(element: XmlElement): string {
  return attributeOf(element, 'id')?.value ?? ''
}

/**
 * `ServerConnector` and `SelectChannelConnector` of Jetty, `<nioConnector>` of its first schema.
 */
function isConnector(element: XmlElement): boolean {
  return /Connector$/.test(nameOf(element)) && propertyOf(element, 'port') !== undefined
}

/** `<property name="port" value="8161"/>` of a bean, or the attribute itself. */
function propertyOf(element: XmlElement, name: string): XmlAttribute | undefined {
  const property = element.children.find((child) => attributeOf(child, 'name')?.value === name)
  return (property && attributeOf(property, 'value')) ?? attributeOf(element, name)
}

function readAddress(element: XmlElement, reading: Reading): void {
  const parts = [
    ['host', 'consoleHost'],
    ['port', 'consolePort'],
  ] as const
  for (const [name, setting] of parts) {
    const attribute = propertyOf(element, name)
    const resolved = attribute && reading.resolve(attribute.value, attribute.valueWhere)
    if (attribute === undefined || resolved === undefined) continue
    const { text, isHidden } = resolved
    if (text.includes('#{')) {
      reading.miss(attribute.valueWhere, `${name}: expressions like ${text} are not evaluated`)
    } else reading.set(setting, { where: attribute.valueWhere, text }, isHidden)
  }
  // Jetty without a host listens everywhere.
  if (propertyOf(element, 'host') === undefined) {
    reading.set('consoleHost', { where: element.where, text: '0.0.0.0' })
  }
}

function readRealm(element: XmlElement, reading: Reading): void {
  const config = propertyOf(element, 'config')
  const location = config && reading.textOf(config)
  if (config === undefined || location === undefined) return
  const file = readReferenced(reading, {
    location,
    where: config.valueWhere,
    decode: decodeAs(PROPERTIES_ENCODING),
  })
  if (file === undefined) return
  reading.set('consoleUsers', { where: config.valueWhere, text: file.path })
  const { users, problems } = readConsoleUsers(file.text, file.shown)
  reading.problems.push(...problems)
  addUsers(reading, users)
}

function addUsers(reading: Reading, users: readonly ConsoleUser[]): void {
  const [first] = users
  if (first === undefined) return
  reading.consoleUsers.push(...users)
  const file = first.where.replace(/:\d+:\d+$/, '')
  const count = users.length === 1 ? '1 user' : `${users.length} users`
  reading.accept(file, `${count} of the HTTP API`)
  for (const { name, where } of users.filter(cannotBeChecked)) {
    reading.miss(where, uncheckable(name))
  }
}

import { decodeAs } from '../config-file.ts'
import { didYouMean } from '../nearest-word.ts'
import { readProperties } from './java-properties.ts'
import type { JavaProperty } from './java-properties.ts'
import { readJetty } from './jetty-file.ts'
import type { Reading } from './reading.ts'
import { readReferenced } from './referenced-file.ts'
import { PROPERTIES_ENCODING, decodeXml } from './xml-encoding.ts'
import { attributeOf } from './xml-tree.ts'
import type { XmlElement } from './xml-tree.ts'

/** Namespaces of Spring's own elements end so. */
const beansNamespace = 'http://www.springframework.org/schema/beans'
const contextNamespace = 'http://www.springframework.org/schema/context'
export const activemqNamespace = 'http://activemq.apache.org/schema/core'

const rootWords = ['bean', 'import', 'alias', 'description', 'broker']

/** Beans of ActiveMQ's own files that concern its JVM alone. */
const acceptedBeans: Readonly<Record<string, string>> = {
  'io.fabric8.insight.log.log4j.Log4jLogQuery': 'looks into the log of a JVM',
  'org.fusesource.insight.log.log4j.Log4jLogQuery': 'looks into the log of a JVM',
  'org.apache.activemq.hooks.SpringContextHook': 'ends a JVM',
}

/** Spring has two of them, and Jasypt one for each version of Spring. */
const configurer = /^(org\.springframework|org\.jasypt)\..*PlaceholderConfigurer$/

export function isActivemq(element: XmlElement): boolean {
  return /^http:\/\/activemq\.(apache\.)?org\//.test(element.namespace)
}

/**
 * Reads what stands around `<broker>`: property files into the placeholders, the console's file,
 * other beans. Returns the broker; undefined after a complaint.
 */
export function readSpringFile(root: XmlElement, reading: Reading): XmlElement | undefined {
  if (isActivemq(root) && root.name === 'broker') return root
  if (root.name === 'broker') {
    complainOfNamespace(root, reading)
    return undefined
  }
  if (root.name !== 'beans') {
    reading.complain(root.where, `<${root.name}>: expected <beans> with a <broker> in it`)
    return undefined
  }
  // Wherever they stand, they hold for the whole file.
  for (const child of root.children) readConfigurer(child, reading)
  const brokers = root.children.filter((child) => child.name === 'broker')
  const [broker, second] = brokers
  if (second !== undefined) reading.complain(second.where, 'a second <broker>: one is started')
  if (broker === undefined) reading.complain(root.where, 'there is no <broker> in it')
  for (const child of root.children) readBeside(child, reading)
  if (broker === undefined || isActivemq(broker)) return broker
  // All that is in it has the wrong namespace too: one complaint is enough.
  complainOfNamespace(broker, reading)
  return undefined
}

function complainOfNamespace({ where }: XmlElement, reading: Reading): void {
  reading.complain(where, `<broker> needs xmlns="${activemqNamespace}"`)
}

function isConfigurer(element: XmlElement): boolean {
  if (element.namespace === contextNamespace) return element.name === 'property-placeholder'
  return element.name === 'bean' && configurer.test(classOf(element) ?? '')
}

function classOf(bean: XmlElement): string | undefined {
  return attributeOf(bean, 'class')?.value
}

function readBeside(element: XmlElement, reading: Reading): void {
  const { name, namespace, where } = element
  if (name === 'broker' || isConfigurer(element)) return
  if (namespace === beansNamespace && name === 'import') readImport(element, reading)
  else if (namespace === beansNamespace && name === 'bean') readBean(element, reading)
  else if (namespace === beansNamespace && rootWords.includes(name)) return
  else if (namespace === beansNamespace || namespace === '') {
    reading.complain(where, `unknown element <${name}>${didYouMean(name, rootWords)}`)
  } else reading.miss(where, `<${name}> beside the broker is ActiveMQ's, not yet Quorate's`)
}

function readBean(element: XmlElement, reading: Reading): void {
  const type = classOf(element) ?? ''
  if (Object.hasOwn(acceptedBeans, type)) {
    reading.accept(element.where, `<bean> ${type}: ${acceptedBeans[type] ?? ''}`)
  } else {
    reading.miss(element.where, `<bean> ${type || 'without a class'}: Quorate runs no Java classes`)
  }
}

function readImport(element: XmlElement, reading: Reading): void {
  const resource = attributeOf(element, 'resource')
  const location = resource && reading.textOf(resource)
  if (resource === undefined) reading.complain(element.where, '<import> needs a resource')
  if (resource === undefined || location === undefined) return
  if (!/jetty[^/]*\.xml$/.test(location)) {
    reading.miss(resource.valueWhere, `<import> of ${location}: only jetty.xml is read`)
    return
  }
  const reference = {
    location,
    where: resource.valueWhere,
    from: reading.fileFolder,
    decode: decodeXml,
  }
  const file = readReferenced(reading, reference)
  if (file !== undefined) readJetty(file, reading)
}

/** The values of a property: `value="a"`, `<value>a</value>`, or a list of those. */
function valuesOf(property: XmlElement): { readonly text: string; readonly where: string }[] {
  const own = attributeOf(property, 'value')
  const inside = property.children.flatMap((child) => {
    if (child.name === 'value') return [{ text: child.text, where: child.where }]
    return ['list', 'set', 'array'].includes(child.name) ? valuesOf(child) : []
  })
  return own === undefined ? inside : [{ text: own.value, where: own.valueWhere }, ...inside]
}

function readConfigurer(element: XmlElement, reading: Reading): void {
  if (!isConfigurer(element)) return
  const properties = new Map(
    element.children.map((child) => [attributeOf(child, 'name')?.value ?? '', child] as const),
  )
  const isOptional =
    properties.get('ignoreResourceNotFound')?.attributes.some(({ value }) => value === 'true') ??
    attributeOf(element, 'ignore-resource-not-found')?.value === 'true'
  const attribute = attributeOf(element, 'location')
  const locations = [
    ...(attribute === undefined
      ? []
      : attribute.value.split(',').map((text) => ({ text, where: attribute.valueWhere }))),
    ...['location', 'locations'].flatMap((name) => {
      const property = properties.get(name)
      return property === undefined ? [] : valuesOf(property)
    }),
  ]
  const told = properties.get('fileEncoding')
  const encoding =
    (told && attributeOf(told, 'value'))?.value ?? attributeOf(element, 'file-encoding')?.value
  const decode = decodeAs(encoding ?? PROPERTIES_ENCODING)
  const own = properties.get('properties')
  if (own !== undefined) reading.placeholders.addProperties(propertiesIn(own))
  for (const { text, where } of locations) {
    const resolved = reading.resolve(text.trim(), where)
    if (resolved === undefined) continue
    const file = readReferenced(reading, { location: resolved.text, where, isOptional, decode })
    if (file === undefined) continue
    reading.placeholders.addProperties(readProperties(file.text, file.shown))
  }
}

/** `<props><prop key="a">b</prop></props>`, or the same in Java's properties syntax. */
function propertiesIn(property: XmlElement): Map<string, JavaProperty> {
  const found = new Map<string, JavaProperty>()
  for (const child of property.children) {
    if (child.name === 'props') {
      for (const prop of child.children) {
        const key = attributeOf(prop, 'key')
        if (key !== undefined) found.set(key.value, { value: prop.text, where: prop.where })
      }
    } else if (child.name === 'value') {
      for (const [name, { value }] of readProperties(child.text, '')) {
        found.set(name, { value, where: child.where })
      }
    }
  }
  return found
}

import { settingSchema } from '../broker-settings.ts'
import type { SettingName } from '../broker-settings.ts'
import { objectionsToDestinations } from '../declared-destinations.ts'
import { didYouMean } from '../nearest-word.ts'
import type { WrittenConnector, WrittenPolicy, WrittenText } from '../setting-source.ts'
import { checkConnectorUri } from './connector-words.ts'
import { elementMeanings } from './element-meanings.ts'
import type { Converted, ElementMeaning, Meaning } from './meaning.ts'
import type { Reading } from './reading.ts'
import { isActivemq } from './spring-file.ts'
import { normalized, objectionTo } from './value-type.ts'
import { readVocabulary } from './vocabulary.ts'
import type { ElementWords } from './vocabulary.ts'
import type { XmlAttribute, XmlElement } from './xml-tree.ts'

/** The properties that values belong into, where they have not the name of their value. */
const homes: Readonly<Record<string, string>> = {
  replicatedLevelDB: 'persistenceAdapter',
  levelDB: 'persistenceAdapter',
  kahaDB: 'persistenceAdapter',
  transportConnector: 'transportConnectors',
  queue: 'destinations',
  topic: 'destinations',
  policyMap: 'destinationPolicy',
  policyEntry: 'policyEntries',
  constantPendingMessageLimitStrategy: 'pendingMessageLimitStrategy',
  oldestMessageEvictionStrategy: 'messageEvictionStrategy',
  sharedDeadLetterStrategy: 'deadLetterStrategy',
}

/** Properties with any number of values; all others have one. */
const lists = new Set(['transportConnectors', 'destinations', 'policyEntries'])

/** Attributes that any element may have. */
const everywhere = new Set(['id'])

interface GrowingConnector {
  readonly where: string
  name?: WrittenText
  uri?: WrittenText
}

/**
 * Reads `<broker>` by the tables of meanings. Values and properties alternate, as in ActiveMQ: a
 * value's element has attributes, and the elements inside of it are properties that hold values.
 */
export class BrokerReader {
  readonly #reading: Reading
  readonly #vocabulary = readVocabulary()
  readonly connectors: WrittenConnector[] = []
  readonly policies: WrittenPolicy[] = []
  /** Attribute `dataDirectory`, resolved. */
  dataDirectory: string | undefined
  /** Name of the persistence adapter's element. */
  adapter: string | undefined
  #policy: Map<string, WrittenText> | undefined
  #connector: GrowingConnector | undefined

  constructor(reading: Reading) {
    this.#reading = reading
  }

  readBroker(broker: XmlElement): void {
    this.#readValue(broker)
  }

  /** An element whose attributes are values: `<broker>`, `<levelDB>`, `<policyEntry>`. */
  #readValue(element: XmlElement): void {
    const { name } = element
    const words = this.#wordsOf(element)
    if (words === undefined) return
    const meaning = elementMeanings.get(name)
    if (meaning === undefined) {
      this.#checkWords(element, words)
      this.#reading.miss(element.where, missed(`<${name}>`))
      return
    }
    if (meaning.unsupported !== undefined) {
      this.#reading.miss(element.where, missed(`<${name}>`, meaning.unsupported))
    }
    for (const [setting, text] of Object.entries(meaning.implies ?? {})) {
      this.#reading.set(setting as SettingName, { where: element.where, text })
    }
    this.#around(element, () => {
      for (const attribute of element.attributes) {
        this.#readAttribute(element, attribute, { words, meaning })
      }
      for (const child of element.children) this.#readProperty(element, child, { words, meaning })
    })
  }

  /** What a value's element adds to, while it is read. */
  #around({ name, where }: XmlElement, read: () => void): void {
    if (name === 'policyEntry') {
      const policy = (this.#policy = new Map<string, WrittenText>())
      read()
      this.policies.push({ where, words: policy })
      this.#policy = undefined
    } else if (name === 'transportConnector') {
      const connector: GrowingConnector = (this.#connector = { where })
      const missed = this.#reading.unsupported.length
      const wrong = this.#reading.problems.length
      read()
      const isTold =
        this.#reading.unsupported.length > missed || this.#reading.problems.length > wrong
      if (connector.uri !== undefined || !isTold) this.connectors.push(connector)
      this.#connector = undefined
    } else read()
  }

  #readAttribute(
    element: XmlElement,
    attribute: XmlAttribute,
    known: { readonly words: ElementWords; readonly meaning: ElementMeaning },
  ): void {
    if (!this.#knows(element, attribute, known.words)) return
    const resolved = this.#reading.resolve(attribute.value, attribute.valueWhere)
    if (resolved === undefined || everywhere.has(attribute.name)) return
    const { name, where, valueWhere } = attribute
    const { attributes } = known.meaning
    const meaning = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    const place = `"${name}" of <${element.name}>`
    if (meaning !== undefined && isReference(resolved.text)) {
      this.#reading.miss(valueWhere, `${place}: references and expressions are not evaluated`)
      return
    }
    const text = normalized(resolved.text, known.words.attributes.get(name) ?? 'text')
    // What becomes a setting is checked as one.
    const isSetting = meaning !== undefined && !isWithoutSetting(meaning)
    if (!isSetting && !this.#hasType(element, attribute, { words: known.words, text })) return
    if (meaning !== undefined) {
      const written = { where: valueWhere, text }
      this.#apply(meaning, written, { place, where, isHidden: resolved.isHidden })
    } else if (known.meaning.unsupported === undefined) {
      this.#reading.miss(where, missed(place))
    }
  }

  /** Whether a value is one that ActiveMQ takes there; false after a complaint. */
  #hasType(
    { name: owner }: XmlElement,
    { name, valueWhere }: XmlAttribute,
    { words, text }: { readonly words: ElementWords; readonly text: string },
  ): boolean {
    const type = words.attributes.get(name) ?? 'text'
    const wrong = isReference(text) ? undefined : objectionTo(normalized(text, type), type)
    if (wrong === undefined) return true
    this.#reading.complain(valueWhere, `"${name}" of <${owner}>: ${wrong}`)
    return false
  }

  #apply(
    meaning: Meaning,
    written: WrittenText,
    known: { readonly place: string; readonly where: string; readonly isHidden: boolean },
  ): void {
    const reading = this.#reading
    const { place, where } = known
    if ('without' in meaning) reading.accept(where, `${place}: ${meaning.without}`)
    else if ('only' in meaning) {
      const text = written.text.trim().toLowerCase()
      const shown = known.isHidden ? 'its value' : `"${written.text}"`
      if (meaning.only.includes(text)) reading.accept(where, `${place}: ${meaning.why}`)
      else {
        const ours = meaning.only.map((value) => `"${value}"`).join(' or ')
        const told = `${shown} is ActiveMQ's, not yet Quorate's; here it is ${ours}`
        reading.miss(written.where, `${place}: ${told}: ${meaning.why}`)
      }
    } else if ('unsupported' in meaning) reading.miss(where, missed(place, meaning.unsupported))
    else if ('dataDirectory' in meaning) this.dataDirectory = written.text
    else if ('connector' in meaning) this.#applyConnector(meaning.connector, written, place)
    else if ('destination' in meaning) this.#declare(meaning.destination, written, place)
    else {
      const text = this.#converted(meaning, written, place)
      if (text === undefined) return
      if ('policy' in meaning) {
        this.#policy?.set(meaning.policy, { ...written, text: trimmed(text, meaning.policy) })
      } else {
        const isText = settingSchema(meaning.setting).type === 'string'
        const tidy = isText ? text : trimmed(text, '')
        reading.set(meaning.setting, { ...written, text: tidy }, known.isHidden)
      }
    }
  }

  /** One after the other they make up one setting. */
  #declare(kind: 'queue' | 'topic', { where, text }: WrittenText, place: string): void {
    const destination = `${kind}://${text.trim()}`
    const [objection = ''] = objectionsToDestinations(destination)
    if (objection !== '' || text.includes(',')) {
      this.#reading.complain(where, `${place}: ${objection || 'one destination has no comma'}`)
      return
    }
    const before = this.#reading.texts.get('destinations')
    const all = before === undefined ? destination : `${before.text}, ${destination}`
    this.#reading.set('destinations', { where: before?.where ?? where, text: all })
  }

  #converted(meaning: Meaning, written: WrittenText, place: string): string | undefined {
    const convert = 'convert' in meaning ? meaning.convert : undefined
    const { heapBytes } = this.#reading.installation
    const text = written.text.trim()
    const converted: Converted = convert?.(text, { heapBytes }) ?? { text: written.text }
    if (converted === 'as if absent') return undefined
    if ('text' in converted) return converted.text
    if ('problem' in converted) this.#reading.complain(written.where, converted.problem)
    else {
      this.#reading.miss(written.where, missed(`${place}: ${converted.unsupported}`))
    }
    return undefined
  }

  #applyConnector(part: 'name' | 'uri', written: WrittenText, place: string): void {
    const connector = this.#connector
    if (connector === undefined) return
    if (part === 'name') {
      connector.name = written
      return
    }
    const { where } = written
    const { uri, problems, unsupported, accepted } = checkConnectorUri(written.text.trim())
    for (const message of problems) this.#reading.complain(where, `${place}: ${message}`)
    for (const message of unsupported) this.#reading.miss(where, message)
    for (const message of accepted) this.#reading.accept(where, message)
    if (uri !== null) connector.uri = { where, text: uri }
  }

  #knows(
    element: XmlElement,
    { name, namespace, where }: XmlAttribute,
    words: ElementWords,
  ): boolean {
    // Schema locations and the like are about the file, not about the broker.
    if (namespace !== '') return false
    if (words.attributes.has(name) || words.properties.has(name) || everywhere.has(name))
      return true
    const valid = [...words.attributes.keys(), ...words.properties]
    const message = `unknown attribute "${name}" of <${element.name}>${didYouMean(name, valid)}`
    this.#reading.complain(where, message)
    return false
  }

  #readProperty(
    owner: XmlElement,
    property: XmlElement,
    known: { readonly words: ElementWords; readonly meaning: ElementMeaning },
  ): void {
    if (!this.#knowsProperty(owner, property, known.words)) return
    const properties = known.meaning.properties ?? {}
    const { name, where } = property
    const meaning = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (meaning === 'read') {
      const isFirst = owner.children.find((each) => each.name === name) === property
      if (!isFirst && !lists.has(name)) {
        this.#reading.complain(where, `a second <${name}> in <${owner.name}>, which has one`)
      }
      this.#readContents(property)
      return
    }
    for (const child of property.children) this.#checkValue(child)
    if (meaning !== undefined && 'without' in meaning) {
      this.#reading.accept(where, `<${name}>: ${meaning.without}`)
    } else if (meaning !== undefined) {
      this.#reading.miss(where, missed(`<${name}> of <${owner.name}>`, meaning.unsupported))
    } else if (known.meaning.unsupported === undefined) this.#missContents(property)
  }

  /** Each value of a list is a thing of its own that is missed. An empty list misses nothing. */
  #missContents({ name, where, children, text, attributes }: XmlElement): void {
    const values = children.length > 0 || (text === '' && attributes.length === 0) ? children : null
    if (values === null) this.#reading.miss(where, missed(`<${name}>`))
    for (const child of values ?? []) {
      const what = child.name === name ? `<${name}>` : `<${child.name}> in <${name}>`
      this.#reading.miss(child.where, missed(what))
    }
  }

  #readContents(property: XmlElement): void {
    const { name, where, attributes, children } = property
    const [first, second] = children
    const [attribute] = attributes.filter(({ namespace }) => namespace === '')
    if (attribute !== undefined) {
      const message =
        `<${name}> has no attributes here: they belong to an element inside of it, ` +
        `as in <${name}><${first?.name ?? '...'} ${attribute.name}="..."/></${name}>`
      this.#reading.complain(attribute.where, message)
    }
    if (name === 'persistenceAdapter') {
      if (first === undefined) this.#reading.complain(where, `<${name}> needs a store in it`)
      this.adapter ??= first?.name
    }
    // Of two, one would lose: a replicated store, maybe, against one without replicas.
    if (second !== undefined && !lists.has(name)) {
      const message = `<${second.name}> is a second value in <${name}>, which has one`
      this.#reading.complain(second.where, message)
    }
    for (const child of children) {
      const home = elementMeanings.has(child.name) ? (homes[child.name] ?? child.name) : name
      if (isActivemq(child) && home !== name) {
        const message = `<${child.name}> belongs into <${home}>, not into <${name}>`
        this.#reading.complain(child.where, message)
      } else if (isActivemq(child)) this.#readValue(child)
      else {
        const message = `<${child.name}> in <${name}>: Quorate runs no Java classes`
        this.#reading.miss(child.where, message)
      }
    }
  }

  #wordsOf({ name, where }: XmlElement): ElementWords | undefined {
    const words = this.#vocabulary.get(name)
    if (words === undefined) {
      const hint = didYouMean(name, this.#vocabulary.keys())
      this.#reading.complain(where, `unknown element <${name}>${hint}`)
    }
    return words
  }

  #knowsProperty(owner: XmlElement, property: XmlElement, words: ElementWords): boolean {
    const { name, where } = property
    if (!isActivemq(property)) {
      // A Spring property of a bean, in ActiveMQ's element.
      this.#reading.miss(where, `<${name}> in <${owner.name}>: Quorate runs no Java classes`)
      return false
    }
    if (words.properties.has(name) || words.attributes.has(name)) return true
    const valid = [...words.properties, ...words.attributes.keys()]
    const hint = didYouMean(name, valid)
    this.#reading.complain(where, `unknown element <${name}> in <${owner.name}>${hint}`)
    return false
  }

  /** Finds mistakes in what is not read: they are mistakes for ActiveMQ too. */
  #checkValue(element: XmlElement): void {
    if (!isActivemq(element)) return
    const words = this.#wordsOf(element)
    if (words !== undefined) this.#checkWords(element, words)
  }

  #checkWords(element: XmlElement, words: ElementWords): void {
    for (const attribute of element.attributes) {
      if (!this.#knows(element, attribute, words)) continue
      const text = this.#reading.textOf(attribute)
      if (text !== undefined) this.#hasType(element, attribute, { words, text })
    }
    for (const property of element.children) {
      if (!isActivemq(property) || !this.#knowsProperty(element, property, words)) continue
      for (const child of property.children) this.#checkValue(child)
    }
  }
}

function missed(what: string, why?: string): string {
  return `${what} is ActiveMQ's, not yet Quorate's${why === undefined ? '' : `: ${why}`}`
}

/** Whether a value is for nobody to check but ActiveMQ's schema. */
function isWithoutSetting(meaning: Meaning): boolean {
  return 'without' in meaning || 'only' in meaning || 'unsupported' in meaning
}

/** A bean by its name, or an expression: what it comes to is not known here. */
function isReference(text: string): boolean {
  return text.includes('#{') || /^#\w/.test(text)
}

/** ActiveMQ takes blanks around numbers. Names stay as they are. */
function trimmed(text: string, policyWord: string): string {
  return policyWord === 'queue' || policyWord === 'topic' ? text : text.trim()
}

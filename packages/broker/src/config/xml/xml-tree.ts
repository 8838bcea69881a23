import { BrokerError } from '@quorate/core/base/errors'
import { SaxesParser } from 'saxes'
import { TextPositions } from './text-position.ts'

/** Elements inside of elements; ActiveMQ's own files have a dozen at most. */
export const XML_DEPTH_MAX = 64
/** Elements of one file. */
export const XML_ELEMENTS_MAX = 20_000

export interface XmlAttribute {
  readonly name: string
  /** '' where the attribute has no prefix. */
  readonly namespace: string
  readonly value: string
  /** `file:line:column` of the name... */
  readonly where: string
  /** ...and of the value. */
  readonly valueWhere: string
}

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  readonly namespace: string
  readonly where: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children, trimmed. */
  readonly text: string
}

interface Growing extends XmlElement {
  readonly attributes: XmlAttribute[]
  readonly children: Growing[]
  text: string
}

/**
 * Parses an XML file into elements that know where they stand. Document types and entities other
 * than the five of XML are refused: a configuration includes nothing behind the reader's back.
 * Throws CONFIG_INVALID with the place of what is wrong.
 */
export function parseXml(text: string, file: string): XmlElement {
  return new TreeBuilder(text, file).build()
}

class TreeBuilder {
  readonly #text: string
  readonly #positions: TextPositions
  readonly #parser = new SaxesParser({ xmlns: true })
  readonly #open: Growing[] = []
  #pending: { readonly name: string; readonly value: string; readonly at: number }[] = []
  #startedAt = 0
  #count = 0
  #root: Growing | undefined

  constructor(text: string, file: string) {
    // A byte order mark is no part of the first line.
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.#positions = new TextPositions(file, this.#text)
  }

  build(): XmlElement {
    const parser = this.#parser
    parser.on('error', (error) => {
      const message = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')
      const at = Math.max(0, parser.position - 1)
      const bare = bareAmpersand(this.#text)
      if (bare >= 0 && bare <= at)
        this.#refuse(bare, 'no well-formed XML: write &amp; for each & of a URI')
      this.#refuse(at, `no well-formed XML: ${message}`)
    })
    parser.on('doctype', () => {
      this.#refuse(this.#text.indexOf('<!DOCTYPE'), 'a document type is not read: remove it')
    })
    parser.on('opentagstart', ({ name }) => {
      this.#startedAt = this.#text.lastIndexOf(`<${name}`, parser.position - 1)
      this.#pending = []
    })
    parser.on('attribute', ({ name, value }) => {
      this.#pending.push({ name, value, at: parser.position })
    })
    parser.on('opentag', ({ local, uri, attributes }) => {
      const spaces = new Map(Object.values(attributes).map((each) => [each.name, each.uri]))
      this.#begin(local, uri, (name) => spaces.get(name) ?? '')
    })
    parser.on('closetag', () => void this.#open.pop())
    parser.on('text', (part) => this.#addText(part))
    parser.on('cdata', (part) => this.#addText(part))
    parser.write(this.#text).close()
    if (this.#root === undefined) this.#refuse(0, 'no XML element in it')
    return this.#root
  }

  #refuse(offset: number, message: string): never {
    throw new BrokerError('CONFIG_INVALID', `${this.#positions.where(offset)}: ${message}`)
  }

  #begin(name: string, namespace: string, spaceOf: (name: string) => string): void {
    const at = this.#startedAt
    if (++this.#count > XML_ELEMENTS_MAX) {
      this.#refuse(at, `more than ${XML_ELEMENTS_MAX} elements`)
    }
    if (this.#open.length >= XML_DEPTH_MAX) {
      this.#refuse(at, `elements are nested more than ${XML_DEPTH_MAX} deep`)
    }
    const attributes = this.#pending
      .filter((each) => each.name !== 'xmlns' && !each.name.startsWith('xmlns:'))
      .map((each) => this.#attribute(each, spaceOf(each.name)))
    const where = this.#positions.where(at)
    const element: Growing = { name, namespace, where, attributes, children: [], text: '' }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
    this.#open.push(element)
  }

  /** `at` is behind the closing quote, which the value itself cannot contain. */
  #attribute(
    { name, value, at }: { readonly name: string; readonly value: string; readonly at: number },
    namespace: string,
  ): XmlAttribute {
    const quote = this.#text[at - 1] ?? '"'
    const valueAt = this.#text.lastIndexOf(quote, at - 2) + 1
    const nameAt = this.#text.lastIndexOf(name, valueAt - 1)
    return {
      name: name.slice(name.indexOf(':') + 1),
      namespace,
      value,
      where: this.#positions.where(nameAt),
      valueWhere: this.#positions.where(valueAt),
    }
  }

  #addText(part: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text = `${element.text}${part}`.trim()
  }
}

/**
 * Where an & stands that begins no entity; -1 where none does. The parser takes all that follows
 * for the name of one, and complains of what is missing after it.
 */
function bareAmpersand(text: string): number {
  const withoutComments = text.replaceAll(/<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>/g, (part) =>
    ' '.repeat(part.length),
  )
  return withoutComments.search(/&(?![#\w]+;)/)
}

export function attributeOf(element: XmlElement, name: string): XmlAttribute | undefined {
  return element.attributes.find((each) => each.namespace === '' && each.name === name)
}

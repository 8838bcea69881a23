import { elementMeanings } from '../../packages/broker/src/config/xml/element-meanings.ts'
import type {
  ElementMeaning,
  Meaning,
  PropertyMeaning,
} from '../../packages/broker/src/config/xml/meaning.ts'
import { readVocabulary } from '../../packages/broker/src/config/xml/vocabulary.ts'
import type { ElementWords } from '../../packages/broker/src/config/xml/vocabulary.ts'

const introduction = `# The words of activemq.xml

<!-- Generated from packages/broker/src/config/xml by scripts/generate-reference.ts. -->

What each attribute, and each element inside, means to a broker that starts from
[an activemq.xml](../configuration-activemq-xml.md). _Accepted_ words mean nothing here, for the
reason that is given. What is _not supported_ stops the start unless it is told to
\`--ignore-unsupported\`; so does every element of ActiveMQ that has no section here. Settings are
described in [configuration.md](configuration.md).
`

const notSupported = '**not supported** yet'

function meaningOf(meaning: Meaning | undefined): string {
  if (meaning === undefined) return notSupported
  if ('without' in meaning) return `_accepted_: ${meaning.without}`
  if ('unsupported' in meaning) return `${notSupported}: ${meaning.unsupported}`
  if ('only' in meaning) {
    const values = meaning.only.map((value) => `\`${value}\``).join(', ')
    return `_accepted_ as ${values}: ${meaning.why}; else ${notSupported}`
  }
  if ('dataDirectory' in meaning) return 'where the store is, when its element does not say'
  if ('destination' in meaning) return 'one of [`destinations`](configuration.md#destinations)'
  if ('connector' in meaning) return `\`${meaning.connector}\` of the connector`
  const [word, page] =
    'policy' in meaning
      ? [meaning.policy, 'destinationpolicies']
      : [meaning.setting, meaning.setting.toLowerCase()]
  return `[\`${word}\`](configuration.md#${page})`
}

function propertyOf(meaning: PropertyMeaning | undefined): string {
  if (meaning === undefined) return notSupported
  if (meaning === 'read') return 'read'
  if ('without' in meaning) return `_accepted_: ${meaning.without}`
  return `${notSupported}: ${meaning.unsupported}`
}

function section(name: string, meaning: ElementMeaning, words: ElementWords): string {
  const { attributes, properties = {}, unsupported } = meaning
  const rows = [
    ...[...words.attributes.keys()].map((word) => [`\`${word}\``, meaningOf(attributes[word])]),
    ...[...words.properties].map((word) => [`\`<${word}>\``, propertyOf(properties[word])]),
  ]
  const told = unsupported === undefined ? '' : `The element is ${notSupported}: ${unsupported}.`
  // Of an element that is not supported the words that are left are not worth a row.
  const shown = rows.filter(([, text]) => unsupported === undefined || text !== notSupported)
  const table = shown.map(([word, text]) => `| ${word} | ${text} |`)
  return [`## \`<${name}>\``, told, ['| word | here |', '| --- | --- |', ...table].join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** docs/reference/activemq-xml.md, before prettier. */
export function activemqXmlPage(): string {
  const vocabulary = readVocabulary()
  const sections = [...elementMeanings].map(([name, meaning]) => {
    const words = vocabulary.get(name)
    return words === undefined ? '' : section(name, meaning, words)
  })
  return [introduction, ...sections].join('\n\n')
}

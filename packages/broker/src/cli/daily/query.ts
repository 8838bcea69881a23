import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../../config/nearest-word.ts'
import { shownValue } from '../api/api-values.ts'
import { isNamed, literalPart, walkDestinations, walkPages } from '../api/destinations.ts'
import { EXIT_OK } from '../exit-code.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { attributeLines, checkView, viewed } from './attribute-lines.ts'
import { brokerAttributes } from './bstat.ts'
import {
  connectionAttributes,
  queueAttributes,
  subscriptionAttributes,
  topicAttributes,
} from './jmx-attributes.ts'
import type { Attributes } from './jmx-attributes.ts'

export interface QueryRequest {
  /** `Queue=ORDERS`; all kinds of things when there is none. */
  readonly wanted: readonly string[]
  /** `Queue=TEST.>`: those not. */
  readonly unwanted: readonly string[]
  /** Names of attributes; all when there is none. */
  readonly view: readonly string[]
}

interface Kind {
  /** The attribute that a name in a query is compared with. */
  readonly nameField: string
  /** All of them, or those whose names contain `filter`, and perhaps others. */
  read(work: Work, filter: string | undefined): Promise<Attributes[]>
}

const kinds: Readonly<Record<string, Kind>> = {
  Broker: { nameField: 'BrokerName', read: async (work) => [await brokerAttributes(work)] },
  Queue: {
    nameField: 'Name',
    read: async ({ api }, filter) =>
      (await walkDestinations(api, { kind: 'queue', filter })).map(queueAttributes),
  },
  Topic: {
    nameField: 'Name',
    read: async ({ api }, filter) =>
      (await walkDestinations(api, { kind: 'topic', filter })).map(topicAttributes),
  },
  Subscription: {
    nameField: 'SubscriptionName',
    read: async ({ api }) =>
      (await walkPages(api, '/api/v1/subscriptions')).map(subscriptionAttributes),
  },
  Connection: {
    nameField: 'ClientId',
    read: async ({ api }) =>
      (await walkPages(api, '/api/v1/connections')).map(connectionAttributes),
  },
}

/** A kind of things, and the name of some of them. */
interface Selection {
  readonly kind: string
  readonly name: string
}

function selectionIn(text: string): Selection {
  const [word = '', name = '*'] = splitOnce(text)
  const kind = Object.keys(kinds).find((each) => each.toLowerCase() === word.toLowerCase())
  if (kind !== undefined) return { kind, name: name === '' ? '*' : name }
  const known = Object.keys(kinds)
  const message = `-Q: there is no ${word}; there are ${known.join(', ')}${didYouMean(word, known)}`
  throw new BrokerError('INVALID_ARGUMENT', message)
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf('=')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** `type=Broker,destinationType=Queue,destinationName=ORDERS` as `Queue=ORDERS`. */
export function selectionOfObjectName(text: string): string {
  const afterDomain = text.slice(text.indexOf(':') + 1)
  const keys = new Map(
    afterDomain.split(',').map((part) => {
      const [key, value = ''] = splitOnce(part)
      return [key.trim(), value]
    }),
  )
  const kind = keys.get('destinationType') ?? keys.get('type')
  if (kind === undefined) {
    const message = `${text} has neither type nor destinationType: type=Broker, for instance`
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
  const name = keys.get('destinationName') ?? keys.get('brokerName') ?? '*'
  return `${kind}=${name}`
}

interface Found {
  readonly kind: string
  readonly attributes: Attributes
}

async function findAll(selections: readonly Selection[], work: Work): Promise<Found[]> {
  const found: Found[] = []
  for (const [kind, { nameField, ...reader }] of Object.entries(kinds)) {
    const its = selections.filter((selection) => selection.kind === kind)
    if (its.length === 0) continue
    const filter = its.length === 1 ? literalPart(its[0]?.name ?? '') : undefined
    for (const attributes of await reader.read(work, filter)) {
      const name = shownValue(attributes[nameField])
      if (its.some((selection) => isNamed(selection.name, name))) found.push({ kind, attributes })
    }
  }
  return found
}

/** Prints the attributes of brokers, destinations, subscriptions and connections. */
export async function query(request: QueryRequest, work: Work): Promise<number> {
  const wanted = request.wanted.map(selectionIn)
  const unwanted = request.unwanted.map(selectionIn)
  const all = Object.keys(kinds).map((kind) => ({ kind, name: '*' }))
  const candidates = await findAll(wanted.length === 0 ? all : wanted, work)
  const found = candidates.filter(({ kind, attributes }) => {
    const name = shownValue(attributes[kinds[kind]?.nameField ?? ''])
    return !unwanted.some((selection) => selection.kind === kind && isNamed(selection.name, name))
  })
  if (wanted.length > 0 && candidates.length === 0) {
    const named = wanted.map(({ kind, name }) => `${kind}=${name}`).join(', ')
    throw new BrokerError('INVALID_DESTINATION', `there is nothing that is ${named}`)
  }
  checkView(
    request.view,
    found.map(({ attributes }) => attributes),
  )
  const shown = found.map(({ kind, attributes }) => ({
    kind,
    attributes: viewed(attributes, request.view),
  }))
  if (work.json) printJson(work.terminal, { found: shown })
  else {
    const blocks = shown.map(({ attributes }) => attributeLines(attributes).join('\n'))
    if (blocks.length > 0) work.terminal.out(`${blocks.join('\n\n')}\n`)
  }
  return EXIT_OK
}

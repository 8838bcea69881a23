import { brokerMeanings } from './broker-meanings.ts'
import type { ElementMeaning } from './meaning.ts'
import { policyMeanings } from './policy-meanings.ts'
import { storeMeanings } from './store-meanings.ts'

/** The elements of ActiveMQ that mean something here. */
export const elementMeanings: ReadonlyMap<string, ElementMeaning> = new Map(
  Object.entries({ ...brokerMeanings, ...storeMeanings, ...policyMeanings }),
)

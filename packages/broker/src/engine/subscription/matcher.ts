import { BrokerError } from '@quorate/core/base/errors'

/** What a selector is evaluated on. */
export interface Matchable {
  readonly body: Buffer | null
  readonly decoded: unknown
}

/** Whether a subscription wants a message. */
export type Matcher = (message: Matchable) => boolean

export type MatcherFactory = (selector: string) => Matcher

/** The one place where selectors come in. null = everything matches. */
export function createMatcher(selector: string, factory: MatcherFactory | null): Matcher | null {
  if (selector.trim() === '') return null
  if (factory === null) {
    throw new BrokerError('INVALID_SELECTOR', 'Selectors are not supported yet.', {
      details: { selector },
    })
  }
  return factory(selector)
}

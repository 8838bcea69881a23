import type { BrokerError } from '@quorate/core/base/errors'
import type { NetworkAddress } from '@quorate/core/transport/network'
import type { OperationName, RequestOf } from './protocol.ts'
import type { WatchEvent, WatchKind } from './watch-registry.ts'

/** One operation on its way; `id` is the caller's and names it in the effects. */
export type SessionRequest = {
  readonly [N in OperationName]: {
    readonly id: number
    readonly operation: N
    readonly request: RequestOf<N>
    readonly watch?: { readonly kind: WatchKind; readonly path: string }
  }
}[OperationName]

export interface Authentication {
  readonly scheme: string
  readonly auth: Buffer
}

export type SessionEvent =
  | { readonly type: 'start' }
  /** The connection that was asked for stands. */
  | { readonly type: 'opened' }
  /** One whole frame, without its length. */
  | { readonly type: 'frame'; readonly bytes: Buffer }
  /** The connection ended, or could not be had. */
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'tick' }
  | { readonly type: 'submit'; readonly request: SessionRequest }
  | { readonly type: 'authenticate'; readonly authentication: Authentication }
  | { readonly type: 'close' }

export type SessionNews = 'connected' | 'disconnected' | 'expired' | 'auth-failed' | 'closed'

export type SessionEffect =
  | { readonly type: 'connect'; readonly to: NetworkAddress }
  /** Drop the connection or the attempt; nothing of it may be reported afterwards. */
  | { readonly type: 'disconnect'; readonly why: string }
  | { readonly type: 'send'; readonly bytes: Buffer }
  | { readonly type: 'resolve'; readonly id: number; readonly response: unknown }
  | { readonly type: 'reject'; readonly id: number; readonly error: BrokerError }
  | { readonly type: 'news'; readonly news: SessionNews }
  | { readonly type: 'watch'; readonly event: WatchEvent }

export type SessionPhase =
  | 'idle'
  /** Between two rounds through the hosts. */
  | 'waiting'
  /** TCP connection under way. */
  | 'opening'
  /** Connected; the server has not yet said whether the session stands. */
  | 'handshaking'
  | 'live'
  /** The goodbye is under way. */
  | 'closing'
  /** Closed, expired or refused; a new session is a new object. */
  | 'over'

export type SessionAction =
  | 'open'
  | 'shakeHands'
  | 'welcome'
  | 'receive'
  | 'openFailed'
  | 'handshakeFailed'
  | 'liveFailed'
  | 'finish'
  | 'waitTick'
  | 'connectTick'
  | 'liveTick'
  | 'closeTick'
  | 'send'
  | 'refuse'
  | 'remember'
  | 'authenticate'
  | 'sayGoodbye'
  | 'ignore'
  | 'never'

/** What happens in every state on every event. */
export const sessionTransitions: Readonly<
  Record<SessionPhase, Readonly<Record<SessionEvent['type'], SessionAction>>>
> = {
  idle: {
    start: 'open',
    opened: 'never',
    frame: 'never',
    lost: 'never',
    tick: 'ignore',
    submit: 'refuse',
    authenticate: 'remember',
    close: 'finish',
  },
  waiting: {
    start: 'never',
    opened: 'never',
    frame: 'never',
    lost: 'never',
    tick: 'waitTick',
    submit: 'refuse',
    authenticate: 'remember',
    close: 'finish',
  },
  opening: {
    start: 'never',
    opened: 'shakeHands',
    frame: 'never',
    lost: 'openFailed',
    tick: 'connectTick',
    submit: 'refuse',
    authenticate: 'remember',
    close: 'finish',
  },
  handshaking: {
    start: 'never',
    opened: 'never',
    frame: 'welcome',
    lost: 'handshakeFailed',
    tick: 'connectTick',
    submit: 'refuse',
    authenticate: 'remember',
    close: 'finish',
  },
  live: {
    start: 'never',
    opened: 'never',
    frame: 'receive',
    lost: 'liveFailed',
    tick: 'liveTick',
    submit: 'send',
    authenticate: 'authenticate',
    close: 'sayGoodbye',
  },
  closing: {
    start: 'never',
    opened: 'never',
    frame: 'receive',
    lost: 'finish',
    tick: 'closeTick',
    submit: 'refuse',
    authenticate: 'ignore',
    close: 'ignore',
  },
  over: {
    start: 'never',
    opened: 'ignore',
    frame: 'ignore',
    lost: 'ignore',
    tick: 'ignore',
    submit: 'refuse',
    authenticate: 'ignore',
    close: 'ignore',
  },
}

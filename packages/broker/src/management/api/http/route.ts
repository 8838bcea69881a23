import type { ServerResponse } from 'node:http'
import type { Clock } from '@quorate/core/base/clock'
import type { LogFields } from '@quorate/core/base/log'
import type { Caller } from '../access/caller.ts'
import type { Need } from '../access/role.ts'
import type { ClusterElections } from '../cluster/cluster-elections.ts'
import type { ClusterReports } from '../cluster/cluster-reports.ts'
import type { EventStreams } from '../events/event-streams.ts'
import type { ManagedBroker } from '../managed-broker.ts'
import type { Schema } from './schema.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a handler is given: checked, and of the types that the schemas say. */
export interface Call<P, Q, B> {
  readonly path: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  readonly broker: ManagedBroker
  readonly clock: Clock
  /** What all nodes say of themselves. */
  readonly reports: ClusterReports
  /** What all nodes remember of elections. */
  readonly elections: ClusterElections
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** JSON unless it says otherwise. */
  readonly type?: string
  /** In place of those that every answer has, or besides. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the line of a change tells of what came of it; never a message's content. */
  readonly audit?: LogFields
}

interface RouteWords<P, Q, B> {
  readonly method: Method
  /** As OpenAPI writes it: `/api/v1/destinations/{kind}/{name}`. */
  readonly path: string
  /** One line for the document. */
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /**
   * The least that a caller has to be; `anybody` needs no login, wherever he comes from, and
   * `stranger` is told less than those who may look.
   */
  readonly role: Need
  readonly parameters?: Schema<P>
  readonly query?: Schema<Q>
  readonly body?: Schema<B>
  /** By status; null: no body. Problems are the same for all routes. */
  readonly answers: Readonly<Record<number, Schema<unknown> | null>>
  /** Of the answers, where it is not JSON. */
  readonly mediaType?: string
}

/** An answer that is given at once, or when it is committed. */
export interface AnsweredRoute<P, Q, B> extends RouteWords<P, Q, B> {
  handle(call: Call<P, Q, B>): Answer | Promise<Answer>
  /** What the line of a change tells of what was asked; never a message's content. */
  audited?(body: B): LogFields
}

/** One that keeps the connection, and is written to when something happens. */
export interface StreamedRoute<P, Q, B> extends RouteWords<P, Q, B> {
  /** Throws when it cannot be; what it returns begins the answer. */
  open(call: Call<P, Q, B>, streams: EventStreams): (response: ServerResponse) => void
}

export type Route =
  AnsweredRoute<unknown, unknown, unknown> | StreamedRoute<unknown, unknown, unknown>

/** Keeps the types of one route's schemas together, and forgets them for the table of all. */
export function route<P, Q, B>(words: AnsweredRoute<P, Q, B>): Route {
  return words
}

export function streamed<P, Q, B>(words: StreamedRoute<P, Q, B>): Route {
  return words
}

/** Changes something: what is not a mere reading method. */
export function isChange(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

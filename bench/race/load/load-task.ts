/**
 * What a load generator is asked to do, and what it answers. Every contender has a generator of its
 * own, on the best client there is for it; all of them take the same tasks, so that the contenders
 * are measured and not the questions.
 *
 * A generator is a process, started as its contender says. It prints one JSON object to standard
 * output, a `LoadAnswer`, and ends with 0; what goes wrong goes to standard error and ends it with
 * 1. `probe` alone prints many lines, see there.
 *
 * Common to all tasks:
 *
 * - Messages are persistent, bodies are bytes, `bytes` long.
 * - A send counts when its confirmation has come, and is timed from the call that sends it to that
 *   moment. What has to be confirmed for it is the contender's promise, which the table names.
 * - Times are taken on CLOCK_MONOTONIC. Rates count what happens in `measureMs`, after `warmupMs`
 *   in which nothing is counted and everything already flows.
 * - A queue that a task names exists, or the generator makes it before the warm-up begins. Several
 *   are `NAME.0` to `NAME.(queues - 1)`, and sends go to them in turn.
 */
export interface LoadOrder {
  /** Where the contender is: the words of its own client, `failover:(...)` or a list of servers. */
  readonly address: string
  readonly task: LoadTask
}

export type LoadTask =
  | SendTask
  | FillTask
  | ConsumeTask
  | FlowTask
  | TransactionsTask
  | FanOutTask
  | RequestReplyTask
  | ProbeTask

interface Timed {
  readonly warmupMs: number
  readonly measureMs: number
}

/**
 * `senders` connections, each with up to `window` unconfirmed sends; 1 waits for each confirmation.
 * `idle` further connections are open and say nothing but what keeps them alive.
 */
export interface SendTask extends Timed {
  readonly do: 'send'
  readonly queue: string
  readonly queues: number
  readonly senders: number
  readonly window: number
  readonly bytes: number
  readonly idle: number
}

/** Sends `count` messages over one connection, as fast as it goes with 1,000 unconfirmed. */
export interface FillTask {
  readonly do: 'fill'
  readonly queue: string
  readonly queues: number
  readonly count: number
  readonly bytes: number
}

/**
 * One consumer takes `count` messages that wait, up to `prefetch` ahead, and acknowledges them all,
 * at latest every `acknowledgeEvery`; the last acknowledgement is confirmed where the protocol can
 * confirm one. Timed from the first message to that confirmation.
 */
export interface ConsumeTask {
  readonly do: 'consume'
  readonly queue: string
  readonly count: number
  readonly prefetch: number
  readonly acknowledgeEvery: number
}

/**
 * Produces and consumes at once over a connection each, up to `window` unconfirmed, as `consume`
 * acknowledges. `ratePerSecond` sends are begun evenly, 0 = as fast as it goes. Counts what
 * arrives; times are from the moment at which a send was due to the arrival of its message, so
 * that a stall of the contender is not hidden by sends that it kept from being made.
 */
export interface FlowTask extends Timed {
  readonly do: 'flow'
  readonly queue: string
  readonly window: number
  readonly bytes: number
  readonly ratePerSecond: number
  readonly prefetch: number
  readonly acknowledgeEvery: number
}

/** One sender commits `size` sends at a time. Counts messages; times are those of commits. */
export interface TransactionsTask extends Timed {
  readonly do: 'transactions'
  readonly queue: string
  readonly size: number
  readonly bytes: number
}

/**
 * One sender publishes persistent messages to a topic that `subscribers` subscribers, not durable,
 * each on a connection of its own, take from. Up to `window` unconfirmed. Counts what arrives at
 * all of them together; times are those of confirmations.
 */
export interface FanOutTask extends Timed {
  readonly do: 'fan-out'
  readonly topic: string
  readonly subscribers: number
  readonly window: number
  readonly bytes: number
}

/**
 * One requester and one replier, on connections of their own: a request is persistent, its reply
 * goes to a temporary queue (or what the protocol has for it) and is not. Times are from request to
 * reply.
 */
export interface RequestReplyTask extends Timed {
  readonly do: 'request-reply'
  readonly queue: string
  readonly bytes: number
}

/**
 * One sender on one connection that fails over sends one message after the other until its standard
 * input ends. Prints `{"ready":true}` when the first was confirmed, and then for each one that took
 * longer than 20 ms `{"sentMs":..,"confirmedMs":..}` on CLOCK_MONOTONIC, which Node calls
 * `process.hrtime`. A send that fails or gets no answer is made again; it was sent when it
 * was first. A connection that says nothing for `patienceMs` is given up; 0 leaves that to the
 * client.
 */
export interface ProbeTask {
  readonly do: 'probe'
  readonly queue: string
  readonly bytes: number
  readonly patienceMs: number
}

/** What a task came to. */
export interface LoadAnswer {
  /** Messages (or exchanges) that counted. */
  readonly count: number
  readonly seconds: number
  /** Milliseconds; null where the task takes no times. */
  readonly times: Times | null
  /** Processor seconds that the generator used, in the time that counted or in all. */
  readonly cpuSeconds: number
}

export interface Times {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

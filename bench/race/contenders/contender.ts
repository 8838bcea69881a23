import type { LoadTask } from '../load/load-task.ts'

export const contenderNames = [
  'quorate',
  'activemq',
  'rabbitmq',
  'nats',
  'nats-synced',
  'ceiling',
] as const
export type ContenderName = (typeof contenderNames)[number]

/** What a contender may lack: a task of the load, or somebody who takes over from a leader. */
export type Ability = LoadTask['do'] | 'takeover'

/** `kill` is `kill -9`; `silence` stops the process, whose connections stay and say nothing. */
export type Blow = 'kill' | 'silence'

/** A broker, or a cluster of them, that takes part in the race. */
export interface Contender {
  readonly name: ContenderName
  /** For the table: `RabbitMQ 3.10.8, 3 nodes, quorum queue`. Versions are read from what runs. */
  readonly title: string
  /** What a confirmed send promises, in words. */
  readonly promise: string
  /** What it has no equivalent for, with the reason. */
  readonly cannot: Readonly<Partial<Record<Ability, string>>>
  /** What has to be installed; null when it is there. */
  missing(): string | null
  /** Starts everything in this directory, which is empty, and answers once it takes sends. */
  start(directory: string): Promise<RunningContender>
}

export interface RunningContender {
  readonly version: string
  /** Processes of the brokers that run now, children included, coordination not. */
  pids(): readonly number[]
  /** The load generator's process: how to start it with this task. */
  generator(task: LoadTask): Promise<GeneratorCommand>
  /** Removes these queues, with what is in them. */
  remove(queues: readonly string[]): Promise<void>
  /** Strikes the process that leads `queue`; answers when, on CLOCK_MONOTONIC in ms. */
  strikeLeader(queue: string, blow: Blow): Promise<number>
  /** Starts what was struck anew, and waits until all are in step. */
  restore(): Promise<void>
  /** Ends all of it in order and starts it again; answers when that began, on the same clock. */
  restart(): Promise<number>
  /** Ends every process; the directory is removed by the caller. */
  stop(): Promise<void>
}

export interface GeneratorCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

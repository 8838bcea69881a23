import { rmSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ManagedProcess } from '../../test/support/managed-process.ts'
import type { Ability, Contender, ContenderName, RunningContender } from './contenders/contender.ts'
import type { LoadAnswer, LoadTask } from './load/load-task.ts'
import { parseAnswer } from './load/load-answer.ts'
import { usageOf } from './process-usage.ts'
import type { ProcessUsage } from './process-usage.ts'
import type { Sample } from './sample.ts'

/** Beyond what a task takes by itself: a JVM's start, connections, the last confirmations. */
const GRACE_MS = 120_000
/** And for each queue that has to be there first: RabbitMQ takes 50 ms to declare one. */
const QUEUE_GRACE_MS = 150

/** A contender that is at the start, and what its load comes to. */
export class Entrant {
  readonly contender: Contender
  readonly running: RunningContender
  readonly #directory: string
  #tasks = 0

  private constructor(contender: Contender, running: RunningContender, directory: string) {
    this.contender = contender
    this.running = running
    this.#directory = directory
  }

  static async start(contender: Contender, parent: string): Promise<Entrant> {
    const directory = join(parent, contender.name)
    mkdirSync(directory)
    return new Entrant(contender, await contender.start(directory), directory)
  }

  get name(): ContenderName {
    return this.contender.name
  }

  can(ability: Ability): boolean {
    return this.contender.cannot[ability] === undefined
  }

  /** Plays the task and answers with what it came to, and what it cost the brokers. */
  async measure(task: LoadTask): Promise<Sample> {
    const before = usageOf(this.running.pids())
    const answer = await this.load(task)
    return sampleOf(task, answer, { before, after: usageOf(this.running.pids()) })
  }

  async load(task: LoadTask): Promise<LoadAnswer> {
    const generator = await this.generator(task)
    const { stdout } = generator.child
    if (stdout === null) throw new Error('no output of the load generator')
    const late = setTimeout(() => generator.signal('SIGKILL'), patienceOf(task))
    const [output, exit] = await Promise.all([text(stdout), generator.exited])
    clearTimeout(late)
    if (exit.code === 0) return parseAnswer(output)
    const how = exit.code ?? exit.signal
    throw new Error(`${task.do} on ${this.name} ended with ${how}:\n${generator.logTail(20)}`)
  }

  /** The process, started; who reads its output is up to the caller. */
  async generator(task: LoadTask): Promise<ManagedProcess> {
    const { command, args, env } = await this.running.generator(task)
    return new ManagedProcess({
      name: `${task.do} on ${this.name}`,
      command,
      args,
      ...(env === undefined ? {} : { env }),
      stdin: 'pipe',
      stdout: 'pipe',
      logFile: join(this.#directory, `load-${++this.#tasks}.log`),
    })
  }

  async stop(): Promise<void> {
    await this.running.stop()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function patienceOf(task: LoadTask): number {
  const queues = 'queues' in task ? task.queues * QUEUE_GRACE_MS : 0
  if (!('measureMs' in task)) return 10 * GRACE_MS + queues
  return task.warmupMs + task.measureMs + GRACE_MS + queues
}

interface Usages {
  readonly before: ProcessUsage
  readonly after: ProcessUsage
}

function sampleOf(task: LoadTask, answer: LoadAnswer, { before, after }: Usages): Sample {
  const { count, seconds, times, cpuSeconds } = answer
  // What was done in the warm-up cost as much as what was counted.
  const share = 'measureMs' in task ? task.measureMs / (task.measureMs + task.warmupMs) : 1
  const brokers = (after.cpuSeconds - before.cpuSeconds) * share
  return {
    perSecond: count / seconds,
    p50Ms: times?.p50 ?? null,
    p99Ms: times?.p99 ?? null,
    maxMs: times?.max ?? null,
    cpuSecondsPerMillion: count === 0 ? null : (brokers / count) * 1e6,
    residentBytes: after.residentBytes,
    generatorBusy: cpuSeconds / seconds,
  }
}

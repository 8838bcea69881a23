import { toBrokerError } from '@quorate/core/base/errors'
import { randomNumbers } from '@quorate/core/base/random-numbers'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import type { CrashCause } from './crash-states.ts'
import { killStates, powerStates } from './crash-states.ts'
import type { DiskImage } from './disk-image.ts'
import { ImageFileSystem, keyOf } from './disk-image.ts'
import { DiskModel } from './disk-model.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import { Trace, describeOperation } from './trace.ts'

/** The real code that is opened on every state, and what is demanded of it. */
export interface Subject<Duty, Found> {
  /** Opens what a crash left, and says what was found. May throw: that is a finding. */
  recover(fileSystem: FileSystem, boot: Boot): Promise<Found>
  /** Which boot the recovery runs on. */
  bootOf(duty: Duty, cause: CrashCause): Boot
  /** What is wrong with it, or null. */
  judge(found: Found, duty: Duty, cause: CrashCause): string | null
  /**
   * After a loss of power: opens it as `recover` does and works on, noting what it owes before,
   * once it is open, and later, so that crashes during and after the recovery can be looked at.
   */
  liveOn?(fileSystem: FileSystem, trace: Trace<Duty>, duty: Duty): Promise<void>
}

/** A boot of the machine by its number; the first life of a store is on boot 0. */
export type Boot = number

export interface ExplorerOptions {
  readonly seed: number
  /** States drawn by chance at each crash point. */
  readonly randomStates?: number
  /** Each so many-th distinct image lives on, and crashes a second time. */
  readonly secondCrashEvery?: number
}

export interface Violation {
  readonly where: string
  readonly problem: string
}

interface Candidate {
  readonly cause: CrashCause
  readonly what: string
  readonly image: DiskImage
  readonly key: string
}

interface Outcome<Found> {
  readonly found: Found | null
  readonly error: string | null
}

/** Of each kind of problem. */
const VIOLATIONS_KEPT = 3

/** Goes through every crash point of traces and every state that it may leave. */
export class Explorer<Duty, Found> {
  readonly #subject: Subject<Duty, Found>
  readonly #options: Required<ExplorerOptions>
  readonly #random: () => number
  readonly #outcomes = new Map<string, Outcome<Found>>()
  #pendingSecond: { readonly image: DiskImage; readonly duty: Duty }[] = []
  readonly violations: Violation[] = []
  /** How often each problem was met. */
  readonly problems = new Map<string, number>()
  /** Moments at which the machine was stopped. */
  crashPoints = 0
  /** States looked at, the same image under different duties included. */
  states = 0
  secondCrashes = 0

  constructor(subject: Subject<Duty, Found>, options: ExplorerOptions) {
    this.#subject = subject
    this.#options = { randomStates: 6, secondCrashEvery: 0, ...options }
    this.#random = randomNumbers(options.seed)
  }

  /** Different images that were opened. */
  get images(): number {
    return this.#outcomes.size
  }

  get summary(): string {
    const { states, images, crashPoints, secondCrashes } = this
    const found = `${crashPoints} crash points, ${states} crash states, ${images} distinct images`
    return `${found}, ${secondCrashes} of them lived on and crashed again`
  }

  /** Crash points before event `from` are passed over. */
  async explore(trace: Trace<Duty>, image: DiskImage, from = 0): Promise<void> {
    await this.#exploreTrace(trace, image, { from })
    for (let next = this.#pendingSecond.shift(); next; next = this.#pendingSecond.shift()) {
      this.secondCrashes++
      await this.#exploreSecond(next.image, next.duty)
    }
  }

  async #exploreTrace(
    trace: Trace<Duty>,
    image: DiskImage,
    { prefix = '', from = 0 },
  ): Promise<void> {
    const model = new DiskModel(image)
    let duty: Duty | undefined
    let states: readonly Candidate[] | null = null
    for (const [at, event] of trace.events.entries()) {
      let where = `${prefix}event ${at}`
      if (event.kind === 'duty') duty = event.duty
      else if (event.kind === 'end') model.end(event.id)
      else {
        model.begin(event.id, event.operation)
        where += ` (${describeOperation(event.operation)})`
      }
      if (duty === undefined || at < from) continue
      this.crashPoints++
      // Under another duty the disk is the same.
      if (event.kind !== 'duty' || states === null) states = this.#statesAt(model, event.kind)
      for (const state of states) await this.#check(state, duty, where)
      if (event.kind === 'end') states = null
    }
  }

  /** The different images that a crash at this moment may leave. */
  #statesAt(model: DiskModel, kind: 'begin' | 'end' | 'duty'): Candidate[] {
    const { randomStates } = this.#options
    const states = [...killStates(model)]
    // That an operation has ended allows nothing that was not possible while it was under way.
    if (kind !== 'end') states.push(...powerStates(model, { randomStates, random: this.#random }))
    const candidates = new Map<string, Candidate>()
    for (const { cause, what, survivors } of states) {
      const image = model.imageAfter(survivors)
      const key = keyOf(image)
      const name = `${key}${cause}`
      if (!candidates.has(name)) candidates.set(name, { cause, what, image, key })
    }
    return [...candidates.values()]
  }

  async #check(candidate: Candidate, duty: Duty, where: string): Promise<void> {
    this.states++
    const { cause, image } = candidate
    const boot = this.#subject.bootOf(duty, cause)
    const key = `${candidate.key}${boot}`
    let outcome = this.#outcomes.get(key)
    if (outcome === undefined) {
      outcome = await this.#recover(image, boot)
      this.#outcomes.set(key, outcome)
      const { secondCrashEvery } = this.#options
      const livesOn = cause === 'power' && !where.startsWith('second')
      if (livesOn && secondCrashEvery > 0 && this.images % secondCrashEvery === 0) {
        this.#pendingSecond.push({ image, duty })
      }
    }
    const { found, error } = outcome
    const problem = found === null ? error : this.#subject.judge(found, duty, cause)
    if (problem === null) return
    const kind = problem.replaceAll(/\d+/g, 'N')
    const count = (this.problems.get(kind) ?? 0) + 1
    this.problems.set(kind, count)
    if (count <= VIOLATIONS_KEPT) {
      this.violations.push({ where: `${where}: ${candidate.what}`, problem })
    }
  }

  async #recover(image: DiskImage, boot: Boot): Promise<Outcome<Found>> {
    const fileSystem = new ImageFileSystem(image)
    try {
      return { found: await this.#subject.recover(fileSystem, boot), error: null }
    } catch (error) {
      return { found: null, error: `not to be opened: ${toBrokerError(error, 'INTERNAL').message}` }
    } finally {
      fileSystem.end()
    }
  }

  async #exploreSecond(image: DiskImage, duty: Duty): Promise<void> {
    const inner = new ImageFileSystem(image)
    const trace = new Trace<Duty>()
    const recording = new RecordingFileSystem({ inner, trace, image })
    try {
      await this.#subject.liveOn?.(recording, trace, duty)
    } catch (error) {
      const problem = `no second life: ${toBrokerError(error, 'INTERNAL').message}`
      this.violations.push({ where: 'second', problem })
    }
    inner.end()
    await this.#exploreTrace(trace, image, { prefix: 'second ' })
  }
}

/** Runs the Java program that encodes and decodes with ActiveMQ's own marshallers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Dump } from '../../conformance/openwire/vectors.ts'
import { planText } from '../../conformance/openwire/vectors.ts'
import { compileJava, runJava } from '../../support/java.ts'

const sources = fileURLToPath(new URL('java', import.meta.url))

/** Frames of ours that the Java program should decode, in order, with one codec. */
export interface OurFrames {
  readonly format: string
  readonly cacheSize: number
  readonly frames: readonly Buffer[]
}

export class JavaVectors {
  readonly #classPath: string
  readonly #folder: string
  readonly #plan: string

  private constructor(classPath: string) {
    this.#classPath = classPath
    this.#folder = mkdtempSync(join(tmpdir(), 'quorate-openwire-'))
    this.#plan = join(this.#folder, 'plan.txt')
    writeFileSync(this.#plan, planText())
  }

  static async open(): Promise<JavaVectors> {
    return new JavaVectors(await compileJava(sources))
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Objects and their frames in every format; the same for the same seed. */
  objects(seed: number): Promise<string> {
    return this.#run('encode', this.#plan, String(seed))
  }

  /** A sequence of commands and their frames through a cache. */
  sequence(): Promise<string> {
    return this.#run('sequence', this.#plan)
  }

  /** What ActiveMQ makes of our frames, one object per frame. */
  async decode(groups: readonly OurFrames[]): Promise<(Dump | null)[]> {
    const lines: string[] = []
    for (const { format, cacheSize, frames } of groups) {
      lines.push(`format ${format} ${cacheSize}`)
      for (const frame of frames) lines.push(`frame ${frame.toString('hex')}`)
    }
    const file = join(this.#folder, 'frames.txt')
    writeFileSync(file, lines.join('\n'))
    const text = await this.#run('decode', this.#plan, file)
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Dump | null)
  }

  #run(...args: string[]): Promise<string> {
    return runJava('OpenWireVectors', args, { classPath: this.#classPath })
  }
}

import type { LoadAnswer, Times } from './load-task.ts'

/** The last line that a generator printed. Throws an Error that shows what was printed instead. */
export function parseAnswer(output: string): LoadAnswer {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  const answer = parsed(line)
  if (answer !== null && isAnswer(answer)) return answer
  throw new Error(`not what a load generator answers: ${line.slice(0, 200)}`)
}

function parsed(line: string): Partial<LoadAnswer> | null {
  try {
    return JSON.parse(line) as Partial<LoadAnswer> | null
  } catch {
    return null
  }
}

function isAnswer(answer: Partial<LoadAnswer>): answer is LoadAnswer {
  const { count, seconds, times, cpuSeconds } = answer
  return [count, seconds, cpuSeconds].every(Number.isFinite) && (times === null || areTimes(times))
}

function areTimes(times: Times | undefined): boolean {
  return times !== undefined && [times.p50, times.p99, times.p999, times.max].every(Number.isFinite)
}

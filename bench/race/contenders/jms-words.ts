import type { LoadOrder } from '../load/load-task.ts'

/** The order as the Java program reads it: `--name value`. */
export function wordsOf({ address, task }: LoadOrder): string[] {
  return Object.entries({ address, ...task }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ])
}

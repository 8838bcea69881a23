import type { LoadTask } from '../load/load-task.ts'

/** The task as words of the generator: `--do send --queue q --window 1000`. */
export function wordsOf(task: LoadTask, ports: readonly number[]): string[] {
  const words = Object.entries(task).flatMap(([name, value]) => [`--${name}`, String(value)])
  return ['--ports', ports.join(), ...words]
}

/** The queue whose leader the load is best sent to; null where it is about none. */
export function queueOf(task: LoadTask): string | null {
  if (task.do === 'fan-out') return null
  return 'queues' in task && task.queues > 1 ? `${task.queue}.0` : task.queue
}

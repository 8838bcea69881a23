import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  /** What is awaited, for the message: 'one leader and two followers'. */
  readonly what: string
  readonly timeoutMs: number
  readonly pollMs?: number
}

/**
 * Polls until the probe answers something other than undefined or false, and returns that. For
 * processes, whose state cannot be awaited; what runs in this process gets a fake clock instead.
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() >= deadline) {
      throw new Error(`waited ${options.timeoutMs} ms in vain for ${options.what}`)
    }
    await delay(options.pollMs ?? 50)
  }
}

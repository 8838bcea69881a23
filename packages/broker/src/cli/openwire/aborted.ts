/** Resolves when the signal says stop. */
export function aborted(signal: AbortSignal): Promise<void> {
  return untilAborted(new Promise<never>(() => {}), signal)
}

/** Waits for some work, or until the signal says stop, which leaves nothing of it: undefined. */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  let stop = (): void => {}
  const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)))
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

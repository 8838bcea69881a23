import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'

/** A log that has grown beyond this is put aside when its process starts again. */
export const LOG_ROTATE_BYTES = 4 * 1024 * 1024
/** Logs put aside: broker.log.1 is the newest. Older ones go. */
export const LOGS_KEPT = 3
/** As much of the end of a log as is searched for the last lines. */
const TAIL_BYTES = 16 * 1024
/** How the lines begin that `reportError` writes where there is no terminal. */
const COMPLAINT = 'error '

/** Opens a log for appending, after putting a long one aside. Returns the file descriptor. */
export function openLogFile(path: string): number {
  if (existsSync(path) && statSync(path).size > LOG_ROTATE_BYTES) rotate(path)
  return openSync(path, 'a')
}

function rotate(path: string): void {
  for (let age = LOGS_KEPT - 1; age >= 1; age--) {
    if (existsSync(`${path}.${age}`)) renameSync(`${path}.${age}`, `${path}.${age + 1}`)
  }
  renameSync(path, `${path}.1`)
}

/**
 * What the last run complained of before it ended: the lines that `reportError` wrote at the end
 * of the log, without the word in front. None when it has not ended so.
 */
export function complaintsIn(path: string, linesMax: number): string[] {
  const lines = lastLines(path, linesMax)
  const others = lines.findLastIndex((line) => !line.startsWith(COMPLAINT))
  return lines.slice(others + 1).map((line) => line.slice(COMPLAINT.length))
}

/** The frames of a stack: the line above them says what happened. */
const stackFrame = /^\s+at /

/**
 * The last lines of a log without stack frames, at most `linesMax`; none when it cannot be read.
 */
export function lastLines(path: string, linesMax: number): string[] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return []
  }
  try {
    const { size } = fstatSync(file)
    const start = Math.max(0, size - TAIL_BYTES)
    const buffer = Buffer.alloc(size - start)
    const length = readSync(file, buffer, 0, buffer.length, start)
    const lines = buffer.toString('utf8', 0, length).split('\n')
    // The first line of a tail is most likely half a line.
    const whole = start === 0 ? lines : lines.slice(1)
    return whole.filter((line) => line !== '' && !stackFrame.test(line)).slice(-linesMax)
  } finally {
    closeSync(file)
  }
}

import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** In /proc/net/tcp: state of a socket that listens. */
const LISTEN = '0A'

/** A process that listens. */
export interface PortHolder {
  readonly pid: number
  /** Its program, as the system calls it. */
  readonly name: string
}

/**
 * Who listens at this port, as far as /proc tells: nothing of processes of other users, and nothing
 * on other systems than Linux.
 */
export function findPortHolder(port: number): PortHolder | null {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listening(path, port)),
  )
  if (inodes.size === 0) return null
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    const links = namesIn(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`))
    const holds = links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))
    if (holds) return { pid: Number(pid), name: textOf(`/proc/${pid}/comm`).trim() }
  }
  return null
}

/** Inodes of the sockets in this table that listen at the port. */
function listening(path: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return textOf(path)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${wanted}`) && state === LISTEN)
    .map((fields) => fields[9] ?? '')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

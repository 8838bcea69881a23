import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { open, stat, statfs, unlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { directoryHolder } from '@quorate/core/base/directory-lock'
import { errnoOf } from '@quorate/core/base/errors'
import { openDataDirectory } from '../../inspection/data-directory.ts'
import { brokerPidFile, readLivePid } from '../pid-file.ts'
import type { ListenPort } from './examined-node.ts'
import type { DirectoryLook, DiskLook, HostLook, PortLook } from './machine-checks.ts'
import { findPortHolder } from './port-holder.ts'

/** Writes that are timed: enough for a median, and soon over on a slow disk. */
const SYNCS = 20
/** As much as a small message takes in the log. */
const SYNC_BYTES = 4096

/** What a host name is here. */
export async function probeHost(host: string): Promise<HostLook> {
  try {
    const found = await lookup(host, { all: true })
    const addresses = [...new Set(found.map(({ address }) => address))]
    const ours = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    const isHere = addresses.some(
      (address) => isLoopbackAddress(address) || ours.some((each) => each.address === address),
    )
    return { host, addresses, problem: null, isHere }
  } catch (error) {
    return { host, addresses: [], problem: errnoOf(error) ?? String(error), isHere: false }
  }
}

/** Interfaces that are down do not list them. */
function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/**
 * Room of the disk, and how long it takes to sync. The file that is written for that is removed; a
 * data directory that does not exist is not made, the folder above it is measured.
 */
export async function probeDisk(directory: string): Promise<DiskLook> {
  const path = await nearestFolder(directory)
  const { bavail, blocks, bsize } = await statfs(path)
  const look = { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  try {
    return { ...look, syncMs: await timeSyncs(path), problem: null }
  } catch (error) {
    return { ...look, syncMs: [], problem: errnoOf(error) ?? String(error) }
  }
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  return found?.isDirectory() === true || path === dirname(path)
    ? path
    : nearestFolder(dirname(path))
}

async function timeSyncs(folder: string): Promise<number[]> {
  const path = join(folder, `.quorate-doctor-${randomBytes(6).toString('hex')}`)
  const file = await open(path, 'wx')
  try {
    const bytes = Buffer.alloc(SYNC_BYTES)
    const times: number[] = []
    for (let at = 0; at < SYNCS; at++) {
      const beganMs = performance.now()
      await file.write(bytes, 0, SYNC_BYTES, at * SYNC_BYTES)
      await file.datasync()
      times.push(performance.now() - beganMs)
    }
    return times
  } finally {
    await file.close()
    await unlink(path)
  }
}

/** Who has a data directory, and whose it is. */
export async function probeDirectory(path: string): Promise<DirectoryLook> {
  const holder = await directoryHolder(path)
  const data = await openDataDirectory(path).catch(() => null)
  return { path, holderPid: holder?.pid ?? null, owner: data?.meta.value ?? null }
}

/** Open files that this process, and a broker like it, may have; null when nobody tells. */
export function probeDescriptors(): number | null {
  try {
    // Node raises its soft limit to the hard one.
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
    if (hard === undefined) return null
    return hard === 'unlimited' ? Infinity : Number(hard)
  } catch {
    return null
  }
}

/** Whether a broker of this data directory could listen there. */
export async function probePort(port: ListenPort, dataDirectory: string): Promise<PortLook> {
  const server = createServer()
  try {
    server.listen({ host: port.host, port: port.port, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return { ...port, state: 'free', holder: '' }
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE') {
      return { ...port, state: 'not ours to listen at', holder: '' }
    }
    return holderOf(port, dataDirectory)
  }
}

/** Who has a port that is taken: the broker of this data directory, or somebody else. */
export function holderOf(port: ListenPort, dataDirectory: string): PortLook {
  const own = readLivePid(join(dataDirectory, brokerPidFile))
  const found = findPortHolder(port.port)
  const shown = found === null ? '' : `pid ${found.pid}, ${found.name}`
  if (own === undefined) return { ...port, state: 'taken', holder: shown }
  // Where nobody tells who listens, the broker that runs is the likely one.
  const isOurs = found === null || found.pid === own.pid
  return { ...port, state: isOurs ? 'ours' : 'taken', holder: isOurs ? `pid ${own.pid}` : shown }
}

import { open, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Snapshots that are kept, with the logs that follow the oldest of them. */
const snapshotsKept = 2

const namePattern = /^(log|snapshot)\.([0-9a-f]{16})$/

export interface LogFile {
  readonly kind: 'log' | 'snapshot'
  /** The first that a log may hold, or the last that a snapshot holds. */
  readonly zxid: bigint
  readonly path: string
}

/** The files of the coordination server, by name: `log.<zxid>` and `snapshot.<zxid>` in hex. */
export class LogDirectory {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  pathOf(kind: LogFile['kind'], zxid: bigint): string {
    return join(this.#path, `${kind}.${zxid.toString(16).padStart(16, '0')}`)
  }

  /** In the order of their zxids. */
  async list(kind: LogFile['kind']): Promise<readonly LogFile[]> {
    const files: LogFile[] = []
    for (const name of await readdir(this.#path)) {
      const match = namePattern.exec(name)
      if (match?.[1] !== kind) continue
      files.push({ kind, zxid: BigInt(`0x${match[2]}`), path: join(this.#path, name) })
    }
    return files.sort((one, other) => (one.zxid < other.zxid ? -1 : 1))
  }

  /** The logs that may hold something after this zxid. */
  async logsAfter(zxid: bigint): Promise<readonly LogFile[]> {
    const logs = await this.list('log')
    return logs.filter((_, i) => {
      const next = logs[i + 1]
      return next === undefined || next.zxid > zxid + 1n
    })
  }

  read(file: LogFile): Promise<Buffer> {
    return readFile(file.path)
  }

  /** Cuts a torn tail off, durably. */
  async truncate(file: LogFile, length: number): Promise<void> {
    const handle = await open(file.path, 'r+')
    try {
      await handle.truncate(length)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** The file is there whole or not at all, whenever the power goes. */
  async publish(kind: LogFile['kind'], zxid: bigint, chunks: readonly Buffer[]): Promise<void> {
    const path = this.pathOf(kind, zxid)
    const handle = await open(`${path}.part`, 'w')
    try {
      for (const chunk of chunks) await handle.appendFile(chunk)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.part`, path)
    await this.sync()
  }

  /** Removes what recovery from the oldest kept snapshot does not need. */
  async prune(): Promise<void> {
    const snapshots = await this.list('snapshot')
    const kept = snapshots.slice(-snapshotsKept)
    for (const file of snapshots.slice(0, -snapshotsKept)) await rm(file.path, { force: true })
    const oldest = snapshots.length < snapshotsKept ? undefined : kept[0]
    if (oldest === undefined) return
    const needed = new Set((await this.logsAfter(oldest.zxid)).map(({ path }) => path))
    for (const file of await this.list('log')) {
      if (!needed.has(file.path)) await rm(file.path, { force: true })
    }
  }

  /** Makes the names themselves durable. */
  async sync(): Promise<void> {
    const handle = await open(this.#path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

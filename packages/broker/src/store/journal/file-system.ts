import { BrokerError } from '@quorate/core/base/errors'

/**
 * The disk as the store sees it: what the journal, the checkpoint and the meta files need, and no
 * more. Every failure rejects with the error of the system (`code` 'ENOSPC', 'EIO', ...). Nothing
 * is durable before a sync of the file says so, and no name (a created, renamed or removed file)
 * before a sync of its directory. Promises cost one or two per batch, never one per message.
 */
export interface FileSystem {
  /**
   * 'read' and 'write' demand that the file exists; 'create' demands that it does not. Reading is
   * allowed in all three.
   */
  open(path: string, mode: OpenMode): Promise<File>
  /**
   * Creates the directory and those above it, content to find it. Unlike the names of files, those
   * that it makes are durable when it resolves: nobody else would know which to sync.
   */
  makeDirectory(path: string): Promise<void>
  /** Names in the directory, in no order; empty when there is no directory. */
  list(path: string): Promise<string[]>
  /** Size in bytes, null when there is no such file. */
  size(path: string): Promise<number | null>
  /** Replaces `target` when it exists. */
  rename(source: string, target: string): Promise<void>
  remove(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  /** What is left on the file system that holds this directory, which has to exist. */
  space(path: string): Promise<DiskSpace>
}

export interface DiskSpace {
  /** Bytes that this process may still write; what is kept for the superuser is not counted. */
  readonly freeBytes: number
  /** Size of the whole file system. */
  readonly totalBytes: number
}

export type OpenMode = 'read' | 'write' | 'create'

export interface File {
  /**
   * Writes the buffers one after the other; resolves with the bytes written, which may be fewer.
   */
  write(buffers: readonly Buffer[], position: number): Promise<number>
  /** Fills `target` from `position`; resolves with the bytes read, fewer at the end of the file. */
  read(target: Buffer, position: number): Promise<number>
  /** fdatasync: the content, and as much of the metadata as reading it back takes. */
  syncData(): Promise<void>
  /** fsync: content and metadata, so a shorter size too. */
  sync(): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  close(): Promise<void>
}

/** Writes everything: a short write goes on where it stopped, and only an error ends it. */
export async function writeFully(
  file: File,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  let rest = buffers
  let at = position
  for (;;) {
    const written = await file.write(rest, at)
    rest = withoutFirst(rest, written)
    if (rest.length === 0) return
    if (written === 0) throw new BrokerError('STORE_UNAVAILABLE', 'a write wrote nothing')
    at += written
  }
}

/** Reads up to `length` bytes; shorter only where the file ends. */
export async function readFully(file: File, position: number, length: number): Promise<Buffer> {
  const target = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const part = filled === 0 ? target : target.subarray(filled)
    const count = await file.read(part, position + filled)
    if (count === 0) break
    filled += count
  }
  return filled === length ? target : target.subarray(0, filled)
}

function withoutFirst(buffers: readonly Buffer[], length: number): readonly Buffer[] {
  let passed = 0
  for (let i = 0; i < buffers.length; i++) {
    const buffer = buffers[i]!
    if (passed + buffer.length > length) {
      return [buffer.subarray(length - passed), ...buffers.slice(i + 1)]
    }
    passed += buffer.length
  }
  return []
}

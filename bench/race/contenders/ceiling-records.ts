import type { Socket } from 'node:net'

/** Cuts what arrives into records of one size. */
export function readFixed(socket: Socket, size: number, onRecord: (bytes: Buffer) => void): void {
  let partial: Buffer = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    partial = partial.length === 0 ? chunk : Buffer.concat([partial, chunk])
    for (; partial.length >= size; partial = partial.subarray(size)) onRecord(partial)
  })
}

/** What a process asked of its disk. A file is known by its inode, whatever its name is by now. */
export type DiskOperation =
  | { readonly kind: 'makeDirectory'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string; readonly inode: number }
  | { readonly kind: 'rename'; readonly source: string; readonly target: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'syncDirectory'; readonly path: string }
  | {
      readonly kind: 'write'
      readonly inode: number
      readonly position: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'truncate'; readonly inode: number; readonly sizeBytes: number }
  /** fsync, or fdatasync, which need not make a shorter size durable. */
  | { readonly kind: 'sync'; readonly inode: number; readonly dataOnly: boolean }

/**
 * One moment of a recorded run, in order. Duty: what a recovery owes from here on, because it was
 * acknowledged, and what it may find at most, because it was attempted.
 */
export type TraceEvent<Duty> =
  | { readonly kind: 'begin'; readonly id: number; readonly operation: DiskOperation }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'duty'; readonly duty: Duty }

/** A run that began on an image and left a trace. */
export class Trace<Duty> {
  readonly events: TraceEvent<Duty>[] = []
  #nextId = 1
  #lastDuty: Duty | undefined

  begin(operation: DiskOperation): number {
    const id = this.#nextId++
    this.events.push({ kind: 'begin', id, operation })
    return id
  }

  end(id: number): void {
    this.events.push({ kind: 'end', id })
  }

  note(duty: Duty): void {
    this.events.push({ kind: 'duty', duty })
    this.#lastDuty = duty
  }

  /** What is owed at its end. */
  get lastDuty(): Duty {
    if (this.#lastDuty === undefined) throw new Error('nothing is owed yet')
    return this.#lastDuty
  }
}

export function describeOperation(operation: DiskOperation): string {
  switch (operation.kind) {
    case 'write':
      return `write ${operation.bytes.length} at ${operation.position} of #${operation.inode}`
    case 'truncate':
      return `truncate #${operation.inode} to ${operation.sizeBytes}`
    case 'sync':
      return `${operation.dataOnly ? 'fdatasync' : 'fsync'} #${operation.inode}`
    case 'create':
      return `create ${operation.path} as #${operation.inode}`
    case 'rename':
      return `rename ${operation.source} ${operation.target}`
    case 'remove':
    case 'makeDirectory':
    case 'syncDirectory':
      return `${operation.kind} ${operation.path}`
  }
}

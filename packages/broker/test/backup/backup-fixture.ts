import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupRequest } from '../../src/backup/backup-log.ts'
import { backupLog } from '../../src/backup/backup-log.ts'
import { encodeMeta, freshMeta } from '../../src/replication/meta.ts'
import { nodeFileSystem } from '../../src/store/journal/node-file-system.ts'
import { TwoSlotFile } from '../../src/store/two-slot-file.ts'
import { InspectedLog } from '../inspection/inspected-log.ts'

/** A data directory on the disk, of a node that was stopped, and a place for backups beside it. */
export class BackupFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'quorate-backup-'))
  readonly data = join(this.root, 'node01')
  readonly target = join(this.root, 'backup')
  readonly log = new InspectedLog()

  /** An epoch start, a queue, and twenty messages: 22 records in several segments. */
  async fill(): Promise<this> {
    await this.log.fill()
    mkdirSync(join(this.data, 'journal'), { recursive: true })
    for (const name of [...this.log.segments(), 'checkpoint']) {
      const content = this.log.fileSystem.content(this.log.pathOf(name))
      writeFileSync(this.pathOf(name), content ?? '')
    }
    const path = join(this.data, 'meta')
    const { file } = await TwoSlotFile.open({ fileSystem: nodeFileSystem, path })
    const store = { brokerName: 'b', nodeId: 'node01', storeUuid: 'store-1', sync: 'quorum_disk' }
    await file.write(encodeMeta({ ...freshMeta(store), clusterId: 'old', commitHint: 22 }))
    await file.close()
    return this
  }

  /** Of a file in the journal of the data directory. */
  pathOf(name: string): string {
    return join(this.data, 'journal', name)
  }

  backup(change: Partial<BackupRequest> = {}) {
    return backupLog({
      directory: this.data,
      target: this.target,
      running: null,
      powerLost: false,
      keepLinks: false,
      quorate: '1.2.3',
      createdAt: new Date(0),
      signal: new AbortController().signal,
      progress: noProgress,
      beforePublishing: () => Promise.resolve(),
      pause: () => Promise.resolve(),
      ...change,
    })
  }

  /** Names beside the data directory: what a backup left. */
  left(): string[] {
    return readdirSync(this.root).filter((name) => name !== 'node01')
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

export const noProgress = { begin: () => undefined, done: () => undefined }

/** Runs a test on a fresh fixture. */
export async function withFixture(test: (fixture: BackupFixture) => Promise<void>): Promise<void> {
  const fixture = await new BackupFixture().fill()
  try {
    await test(fixture)
  } finally {
    fixture.dispose()
  }
}

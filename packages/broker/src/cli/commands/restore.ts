import { randomUUID } from 'node:crypto'
import type { RestoreReport } from '../../backup/restore-backup.ts'
import { restoreBackup } from '../../backup/restore-backup.ts'
import { CopyBar } from '../copy-progress.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { shownPath } from '../node-folder.ts'
import { asStoreError, untilInterrupted } from '../reading.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'
import { contentLine } from './backup.ts'

export interface RestoreCommand {
  readonly backup: string
  readonly to: string
  readonly node?: string | undefined
  readonly json: boolean
}

/** `restore`: a data directory out of a backup, with which a new cluster begins. */
export async function restore(command: RestoreCommand, terminal: Terminal): Promise<number> {
  return untilInterrupted(async (signal) => {
    const progress = new CopyBar(terminal, { isWanted: !command.json })
    try {
      const report = await restoreBackup({
        backup: command.backup,
        target: command.to,
        nodeId: command.node,
        storeUuid: randomUUID(),
        signal,
        progress,
      }).finally(() => progress.close())
      if (command.json) terminal.out(`${jsonText(reportJson(report), 2)}\n`)
      else terminal.out(`${reportLines(command, report).join('\n')}\n`)
      return EXIT_OK
    } catch (error) {
      if (!signal.aborted) throw asStoreError(error)
      terminal.err('interrupted: nothing was left behind\n')
      return EXIT_INTERRUPTED
    }
  })
}

function reportJson({ path, nodeId, storeUuid, manifest }: RestoreReport) {
  const { brokerName, origin, end, createdAt } = manifest
  return { path, nodeId, storeUuid, brokerName, origin, end, backupOf: createdAt }
}

function reportLines(command: RestoreCommand, { path, nodeId, manifest }: RestoreReport): string[] {
  const { brokerName, createdAt } = manifest
  const from = `${shownPath(command.backup)} of ${createdAt}`
  return [
    printable(`restored ${from} to ${shownPath(path)}`),
    contentLine(manifest),
    printable(`  a new store for node ${nodeId} of broker ${brokerName}, in no cluster yet`),
    '  start this node first, and the others with empty data directories: they fetch everything',
  ]
}

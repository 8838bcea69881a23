import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { nodeFileSystem } from '@quorate/broker/store/journal/node-file-system'
import { EMPTY_IMAGE } from './disk-image.ts'
import type { DiskImage } from './disk-image.ts'
import { DiskModel, WHOLE } from './disk-model.ts'
import { Explorer } from './explorer.ts'
import type { JournalDuty } from './journal-subject.ts'
import { JournalSubject } from './journal-subject.ts'
import { journalWorkloads } from './journal-workloads.ts'
import { RecordingFileSystem } from './recording-file-system.ts'
import { readSectors } from './sectors.ts'
import { Trace } from './trace.ts'

describe('crash points of the journal on the disk of this machine', () => {
  for (const workload of journalWorkloads.filter(({ onRealDisk }) => onRealDisk)) {
    it(`${workload.name}: what was recorded is what is there, and can be lost`, async (t) => {
      const root = await mkdtemp(join(tmpdir(), 'quorate-crash-points-'))
      t.after(() => rm(root, { recursive: true }))
      const trace = new Trace<JournalDuty>()
      const inner = nodeFileSystem
      const recording = new RecordingFileSystem({ inner, trace, image: EMPTY_IMAGE, root })
      await workload.run(recording, trace)
      assert.deepEqual(await filesBelow(root), contentsOf(imageAtEnd(trace)))
      const explorer = new Explorer(new JournalSubject(workload.settings), {
        seed: 6,
        randomStates: 2,
      })
      await explorer.explore(trace, EMPTY_IMAGE)
      t.diagnostic(explorer.summary)
      assert.ok(explorer.images > 100, 'there are crash states to look at')
      assert.deepEqual(explorer.violations, [])
    })
  }
})

/** What the page cache holds after everything recorded. */
function imageAtEnd(trace: Trace<JournalDuty>): DiskImage {
  const model = new DiskModel(EMPTY_IMAGE)
  for (const event of trace.events) {
    if (event.kind === 'begin') model.begin(event.id, event.operation)
    if (event.kind === 'end') model.end(event.id)
  }
  const changes = new Map(model.changes.map((change) => [change, WHOLE]))
  return model.imageAfter({ changes, names: new Set(model.names) })
}

function contentsOf(image: DiskImage): Record<string, string> {
  const contents: Record<string, string> = {}
  for (const [path, file] of [...image.files].sort()) {
    const bytes = Buffer.alloc(file.sizeBytes)
    readSectors(file, bytes, 0)
    contents[path] = bytes.toString('latin1')
  }
  return contents
}

async function filesBelow(root: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {}
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of paths.sort()) {
    contents[path.slice(root.length)] = await readFile(path, 'latin1')
  }
  return contents
}

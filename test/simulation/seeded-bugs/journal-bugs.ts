import type { SeededBug } from './seeded-bug.ts'

const store = 'packages/broker/src/store'
const appender = `${store}/journal/appender.ts`
const twoSlotFile = `${store}/two-slot-file.ts`
const table = `${store}/journal/recovery-table.ts`

/** The journal and the meta file: what the disk has, and what is made of it after a crash. */
export const journalBugs: readonly SeededBug[] = [
  {
    name: 'promises-are-not-synced',
    breaks: 'A power cut makes a voter forget its promise, or go back to an older meta file.',
    references: ['R7', 'bug 7'],
    file: twoSlotFile,
    edits: [{ from: 'await this.#file.syncData()', to: '' }],
  },
  {
    name: 'the-meta-file-has-one-slot',
    breaks: 'A power cut while it is written leaves no meta file at all: the store is lost.',
    references: ['R3', 'bug 13'],
    file: twoSlotFile,
    edits: [
      {
        from: 'const position = (content.generation % 2) * 2 * this.#copyBytes',
        to: 'const position = 0',
      },
    ],
  },
  {
    name: 'the-older-slot-counts',
    breaks: 'Each restart goes back to the promise and the configuration before the last.',
    references: ['R7', 'bug 7'],
    file: twoSlotFile,
    edits: [
      {
        from: 'return first.generation > second.generation ? first : second',
        to: 'return first.generation < second.generation ? first : second',
      },
    ],
  },
  {
    name: 'reports-synced-without-syncing',
    breaks: 'Records are acknowledged before any disk has them.',
    references: ['R17', 'bug 10', 'A7'],
    file: appender,
    edits: [{ from: 'await file.syncData()', to: '' }],
  },
  {
    name: 'only-the-first-dirty-segment-is-synced',
    breaks: 'A batch that goes over into a new file is acknowledged though half of it is volatile.',
    references: ['R17', 'bug 13', 'A7'],
    file: appender,
    edits: [
      {
        from: 'await file.syncData()\n        this.#directory.release(segment)',
        to:
          'if (segment === [...dirty.keys()][0]) await file.syncData()\n' +
          '        this.#directory.release(segment)',
      },
    ],
  },
  {
    name: 'a-sync-counts-for-a-write-under-way',
    breaks:
      'A sync beside the writing takes what is being written for done; the next one has nothing to do.',
    references: ['R17', 'R22', 'bug 10'],
    file: appender,
    edits: [
      {
        from: 'await writeFully(file, buffers, offset)\n    await this.#markDirty(segment)',
        to: 'await this.#markDirty(segment)\n    await writeFully(file, buffers, offset)',
      },
    ],
  },
  {
    name: 'failed-sync-is-tried-again',
    breaks: 'fsyncgate: the second sync succeeds because the kernel has dropped the pages.',
    references: ['R37', 'bug 11'],
    file: appender,
    edits: [
      {
        from: '} catch (error) {\n      this.#fail(error)\n    }\n    if (this.#failure !== null) return\n    this.#synced',
        to:
          '} catch {\n      this.#dirty = new Map([...dirty, ...this.#dirty])\n      return this.#syncWritten()\n    }\n' +
          '    if (this.#failure !== null) return\n    this.#synced',
      },
    ],
  },
  {
    name: 'failed-sync-is-ignored',
    breaks: 'A disk that takes nothing any more goes on acknowledging.',
    references: ['R37', 'bug 7', 'bug 11'],
    file: appender,
    edits: [
      {
        from: '} catch (error) {\n      this.#fail(error)\n    }\n    if (this.#failure !== null) return\n    this.#synced',
        to: '} catch {\n      // The next one may succeed.\n    }\n    if (this.#failure !== null) return\n    this.#synced',
      },
    ],
  },
  {
    name: 'synced-index-is-not-lowered-by-a-cut',
    breaks: "After a cut the old end is acknowledged as synced: ra's bug of June 2026.",
    references: ['R16', 'R17', 'bug 3'],
    file: appender,
    edits: [
      {
        from: 'this.#synced = tail\n    this.#appendedIndex = tail.index\n    this.#current =',
        to:
          'if (tail.index > this.#synced.index) this.#synced = tail\n' +
          '    this.#appendedIndex = tail.index\n    this.#current =',
      },
    ],
  },
  {
    name: 'the-cut-is-not-made-durable',
    breaks: 'After a power cut the records are back that the leader had cut.',
    references: ['R16', 'bug 13'],
    file: `${store}/journal/tail-cutter.ts`,
    edits: [{ from: 'await file.sync()', to: '' }],
  },
  {
    name: 'names-of-new-segments-are-not-synced',
    breaks: 'A power cut takes away the whole file that acknowledged records were written to.',
    references: ['R17', 'bug 13', 'A7'],
    file: appender,
    edits: [{ from: 'await this.#directory.syncNames()', to: '' }],
  },
  {
    name: 'recovered-records-count-as-synced-unsynced',
    breaks: 'What a killed process had merely written is acknowledged as synced by the next one.',
    references: ['R17', 'R32', 'bug 10'],
    file: `${store}/journal/recovery.ts`,
    edits: [
      {
        from: 'await file.syncData()',
        to: '',
      },
    ],
  },
  {
    name: 'recovered-records-are-not-written-again',
    breaks:
      'After a sync that failed the pages count as clean: the sync of the next start is empty.',
    references: ['R37', 'bug 11'],
    file: `${store}/journal/recovery.ts`,
    edits: [{ from: 'await writeFully(file, [bytes], segment.offsetOf(at))', to: '' }],
  },
  {
    name: 'corruption-is-taken-for-a-torn-tail',
    breaks: 'A flipped bit cuts off everything behind it, acknowledged or not, without a word.',
    references: ['R32', 'bug 12', 'A6'],
    file: table,
    edits: [
      { from: "'0---01---', decision: 'corrupt'", to: "'0---01---', decision: 'torn'" },
      { from: "'0---001-0', decision: 'corrupt'", to: "'0---001-0', decision: 'torn'" },
      { from: "'0---00010', decision: 'corrupt'", to: "'0---00010', decision: 'torn'" },
      { from: "'10---1---', decision: 'corrupt'", to: "'10---1---', decision: 'torn'" },
      { from: "'10---01-0', decision: 'corrupt'", to: "'10---01-0', decision: 'torn'" },
      { from: "'10---0010', decision: 'corrupt'", to: "'10---0010', decision: 'torn'" },
    ],
  },
  {
    name: 'a-torn-tail-is-taken-for-corruption',
    breaks:
      'Each power cut makes replicas suspect that have lost nothing: a cluster of them waits.',
    references: ['R32', 'bug 12'],
    file: table,
    edits: [
      { from: "'0---001-1', decision: 'torn'", to: "'0---001-1', decision: 'corrupt'" },
      { from: "'0---00000', decision: 'torn'", to: "'0---00000', decision: 'corrupt'" },
      { from: "'0---000-1', decision: 'torn'", to: "'0---000-1', decision: 'corrupt'" },
      { from: "'10---01-1', decision: 'torn'", to: "'10---01-1', decision: 'corrupt'" },
      { from: "'10---0000', decision: 'torn'", to: "'10---0000', decision: 'corrupt'" },
      { from: "'10---00-1', decision: 'torn'", to: "'10---00-1', decision: 'corrupt'" },
    ],
  },
  {
    name: 'synced-zeros-are-the-end-of-the-log',
    breaks: 'A file that lost its end to the disk counts as a shorter log.',
    references: ['R32', 'bug 12', 'A6'],
    file: table,
    edits: [{ from: "'0---11---', decision: 'corrupt'", to: "'0---11---', decision: 'end'" }],
  },
  {
    name: 'bodies-are-handed-out-as-they-are-read',
    breaks: 'A body that has decayed on the disk of the leader reaches its consumer.',
    references: ['R32', 'bug 12'],
    file: `${store}/journal/journal-reader.ts`,
    edits: [
      {
        from: 'if (!isIntact(bytes, from - CHECK_BYTES, range.length)) {',
        to: 'if (from + range.length > bytes.length) {',
      },
    ],
    playedIn: {
      name: 'W14 a body decays under a leader',
      file: 'test/simulation/walkthroughs/failing-disks.test.ts',
    },
  },
]

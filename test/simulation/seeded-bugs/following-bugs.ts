import type { SeededBug } from './seeded-bug.ts'

const replication = 'packages/broker/src/replication'
const following = `${replication}/replica/following.ts`
const leadership = `${replication}/replica/leadership.ts`
const suspicion = `${replication}/suspicion.ts`

/** Reconciling, acknowledging, and who must not be relied upon. */
export const followingBugs: readonly SeededBug[] = [
  {
    name: 'truncates-to-its-known-commit',
    playedIn: { name: 'W2', file: 'test/simulation/walkthroughs/diverged-logs.test.ts' },
    breaks: 'KIP-101: records are cut that are committed, only the follower does not know it yet.',
    references: ['R14', 'bug 2'],
    file: following,
    edits: [
      {
        from: 'own.epoch === frame.lastEpoch ? Math.min(own.lastIndex, frame.index) : own.lastIndex',
        to: 'Math.min(own.lastIndex, frame.index, commitIndex)',
      },
    ],
  },
  {
    name: 'reconciles-by-index-alone',
    breaks: 'KIP-279: logs of equal length count as equal, whatever epochs their ends are of.',
    references: ['R14', 'bug 2', 'A1'],
    file: leadership,
    edits: [
      {
        from: 'if (end.epoch !== point.epoch || point.index > end.lastIndex) {',
        to: 'if (point.index > this.#context.log.tail.index) {',
      },
    ],
  },
  {
    name: 'one-truncation-is-enough',
    breaks: 'After two quick failovers the log still differs from its leader when it goes on.',
    references: ['R14', 'bug 2'],
    file: following,
    edits: [
      {
        from: "if (this.#phase !== 'truncating') return\n    this.#phase = 'reconciling'",
        to: "if (this.#phase !== 'truncating') return\n    this.#phase = 'streaming'",
      },
    ],
  },
  {
    name: 'commit-is-believed-before-the-logs-match',
    breaks: 'A follower that has not reconciled applies its own diverging records.',
    references: ['R13', 'R14', 'bug 15'],
    file: following,
    edits: [
      {
        from: "if (this.#phase === 'streaming') {\n      this.#context.advanceCommit(",
        to: "if (this.#phase !== 'truncating') {\n      this.#context.advanceCommit(",
      },
    ],
  },
  {
    name: 'commit-is-believed-beyond-the-log',
    breaks: 'A follower counts records as committed and applied that it does not have yet.',
    references: ['R13', 'bug 15'],
    file: following,
    edits: [
      {
        from: 'this.#context.advanceCommit(Math.min(event.commit, batch.lastIndex))',
        to: 'this.#context.advanceCommit(event.commit)',
      },
    ],
  },
  {
    name: 'acknowledges-before-the-disk',
    breaks: 'A follower reports as synced what it has merely written.',
    references: ['R17', 'bug 10', 'A7'],
    file: following,
    edits: [
      {
        from: 'this.#ackedSynced = isVerified ? log.syncedIndex : 0',
        to: 'this.#ackedSynced = isVerified ? log.writtenIndex : 0',
      },
    ],
  },
  {
    name: 'acknowledges-by-the-word-of-its-leader',
    playedIn: {
      name: 'in a disk mode acknowledges nothing',
      file: 'packages/broker/test/replication/replica/following.test.ts',
    },
    breaks:
      'Under a leader in a mem mode a follower counts for its memory, which by its own word it does ' +
      'not do: after a loss of power it is not suspect.',
    references: ['R17', 'R33', 'bug 10'],
    file: following,
    edits: [
      {
        from: 'return options.sync.followerDisk ? log.syncedIndex : log.writtenIndex',
        to: "return options.sync.words === '' ? log.syncedIndex : log.writtenIndex",
      },
    ],
  },
  {
    name: 'leader-forgets-what-it-counted-for',
    playedIn: {
      name: 'has on its disk what it was counted for as a leader',
      file: 'packages/broker/test/replication/replica/following.test.ts',
    },
    breaks:
      'A leader in remote_disk, which counts for its memory, is not suspect after a loss of power.',
    references: ['R33', 'bug 10'],
    file: `${replication}/replica/voter.ts`,
    edits: [
      {
        from: 'const inMemory = meta.inMemory || (mayLead && !options.sync.leaderDisk)',
        to: 'const inMemory = meta.inMemory || (mayLead && options.sync.leaderDisk)',
      },
    ],
  },
  {
    name: 'late-session-of-an-old-connection-is-taken',
    breaks: 'Frames that were still in the buffer of a broken connection end the present session.',
    references: ['R13', 'R17', 'bug 23'],
    file: `${replication}/replica/replica.ts`,
    edits: [{ from: 'if (this.#isPastSession(from, frame)) return', to: '' }],
  },
  {
    name: 'late-records-of-an-old-session-are-taken',
    breaks: 'Records of an earlier session of the same leader get into a log that is reconciling.',
    references: ['R13', 'R17', 'bug 23'],
    file: following,
    edits: [
      {
        from: 'return from === leader && frame.epoch === epoch && frame.session === session',
        to: 'return from === leader && frame.epoch === epoch && session > 0',
      },
    ],
  },
  {
    name: 'suspicion-is-cleared-at-once',
    breaks: 'A replica that lost records counts again before it has fetched them.',
    references: ['R35', 'bug 10'],
    file: following,
    edits: [
      {
        from: 'if (isOld && log.syncedIndex >= this.#joinEnd)',
        to: 'if (isOld && log.syncedIndex >= 0)',
      },
    ],
  },
  {
    name: 'suspicion-is-cleared-before-it-is-durable',
    breaks: 'A replica counts again, crashes, and is suspect once more though it was relied upon.',
    references: ['R35'],
    file: `${replication}/replica/context.ts`,
    edits: [{ from: 'return this.#suspectInForce', to: 'return this.#meta.suspect' }],
  },
  {
    name: 'rebooted-mem-replica-is-trusted',
    breaks: 'One power cut in a mem mode: the replica forgets records and still elects leaders.',
    references: ['R33', 'bug 10', 'bug 14'],
    file: suspicion,
    edits: [
      {
        from: 'if (!meta.clean && hasRebooted(meta, facts.bootId) && isInMemory) {',
        to: "if (!meta.clean && facts.bootId === '' && isInMemory) {",
      },
    ],
  },
  {
    name: 'suspicion-is-forgotten-at-the-next-start',
    breaks: 'A second restart makes a suspect replica trustworthy.',
    references: ['R33', 'R35', 'bug 14'],
    file: suspicion,
    edits: [{ from: 'if (meta.suspect !== null) return meta.suspect', to: '' }],
  },
  {
    name: 'damaged-journal-is-trusted',
    breaks: 'A replica whose log rotted counts and elects with what is left of it.',
    references: ['R32', 'R33', 'bug 12', 'A6'],
    file: suspicion,
    edits: [{ from: "if (facts.journalIsCorrupt) return 'the journal was corrupt'", to: '' }],
  },
]

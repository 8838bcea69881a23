import type { SeededBug } from './seeded-bug.ts'

const broker = 'packages/broker/src'
const compactor = `${broker}/compaction/compactor.ts`
const living = `${broker}/compaction/living-messages.ts`
const leaderLog = `${broker}/replication/leader-log.ts`
const following = `${broker}/replication/replica/following.ts`
const localStore = `${broker}/local-store.ts`
const fold = `${broker}/store/fold/fold.ts`
const foldState = `${broker}/store/fold/fold-state.ts`

/** Messages that are copied forward, logs that begin later, and those who come back behind that. */
export const compactionBugs: readonly SeededBug[] = [
  {
    name: 'copies-are-made-before-what-is-before-them-is-applied',
    breaks: 'An acknowledgement that is on its way takes a message, and its copy brings it back.',
    references: ['R19', 'bug 27'],
    file: leaderLog,
    edits: [
      {
        from: 'if (this.#options.appliedIndex() !== builder.nextIndex - 1) return',
        to:
          'const isSettled = this.#options.appliedIndex() === builder.nextIndex - 1\n' +
          '        if (next.beginsSegment && !isSettled) return',
      },
    ],
  },
  {
    name: 'a-segment-begins-with-an-earlier-state',
    breaks: 'A log that begins there knows nothing of what was on its way when it was made.',
    references: ['R19', 'bug 18'],
    file: leaderLog,
    edits: [
      {
        from: 'if (this.#options.appliedIndex() !== builder.nextIndex - 1) return',
        to:
          'const isSettled = this.#options.appliedIndex() === builder.nextIndex - 1\n' +
          '        if (!next.beginsSegment && !isSettled) return',
      },
    ],
  },
  {
    name: 'what-was-found-is-copied-without-looking-again',
    breaks: 'Messages that were consumed while their bodies were read wait again.',
    references: ['R19', 'bug 27'],
    file: living,
    edits: [
      {
        from:
          'const entry = list.get(this.found.sequence)\n' +
          '    if (entry?.position !== this.found.position) return',
        to:
          'const entry = list.get(this.found.sequence) ?? ' +
          '{ redeliveries: 0, priority: 4, expirationMs: 0 }',
      },
    ],
  },
  {
    name: 'a-copy-forgets-redeliveries',
    breaks: 'Where the log begins behind the original, a message that failed counts as new.',
    references: ['R44', 'R19'],
    file: living,
    edits: [
      {
        from: 'redeliveries: entry.redeliveries })',
        to: 'redeliveries: 0 })',
      },
    ],
  },
  {
    name: 'the-log-begins-behind-messages-that-wait',
    breaks: 'The bodies of old messages are dropped with their segments.',
    references: ['R19', 'bug 18'],
    file: compactor,
    edits: [{ from: 'if (before.messages > 0) break', to: '' }],
  },
  {
    name: 'segments-go-before-the-index-does-without-them',
    coveredBy:
      'R19: an index of a place that the log does not have any more is dropped, and the log is ' +
      'enough by itself from its new start',
    breaks: 'The index on the disk is of a place that the log does not have any more.',
    references: ['R19', 'bug 18'],
    file: `${broker}/store/leveldb/level-store.ts`,
    edits: [
      {
        from: '    try {\n      await database.write(writes)',
        to: '    this.#onCheckpoint(logStart)\n    try {\n      await database.write(writes)',
      },
    ],
  },
  {
    name: 'segments-go-before-their-copies-are-synced',
    breaks: 'A loss of power takes the copies, and the originals are gone already.',
    references: ['R19', 'bug 7'],
    file: localStore,
    edits: [{ from: 'await journal.sync()', to: '' }],
  },
  {
    name: 'a-log-is-dropped-before-the-disk-says-so',
    breaks: 'After a crash an empty store counts for all that it has acknowledged.',
    references: ['R38', 'R35', 'bug 10'],
    file: following,
    edits: [
      {
        from:
          'if (this.#restart === null || !this.#context.isPersisted(this.#restart.generation)) ' +
          'return',
        to: 'if (this.#restart === null) return',
      },
    ],
  },
  {
    name: 'a-log-that-begins-again-counts-at-once',
    breaks: 'A follower counts and votes without what it had acknowledged.',
    references: ['R38', 'R35', 'bug 10'],
    file: following,
    edits: [
      {
        from: 'const generation = this.#context.persist({ incomplete: true })',
        to: 'const generation = 0',
      },
    ],
  },
  {
    name: 'a-segment-forgets-committed-transactions',
    breaks: 'Where the log begins later, a commit that is repeated is refused.',
    references: ['R43', 'R19', 'bug 23'],
    file: foldState,
    edits: [
      {
        from:
          'writer.uint32(outcomes.size)\n' + '  for (const { id } of outcomes) writer.string16(id)',
        to: 'writer.uint32(0)',
      },
    ],
  },
  {
    name: 'a-segment-forgets-last-sequences',
    breaks: 'Where the log begins later, a message that is sent again is stored again.',
    references: ['R42', 'R19', 'bug 23'],
    file: foldState,
    edits: [
      {
        from: 'writer.uint53(id).uint53(lastSequence).uint53(lastUse)',
        to: 'writer.uint53(id).uint53(lastSequence * 0).uint53(lastUse)',
      },
    ],
  },
  {
    name: 'copies-come-last-in-a-new-index',
    breaks: 'Where the log begins behind the original, old messages come behind newer ones.',
    references: ['R19', 'bug 27'],
    file: fold,
    edits: [{ from: 'list.insert(entry)', to: 'list.append(entry)' }],
  },
]

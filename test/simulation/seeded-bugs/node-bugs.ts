import type { SeededBug } from './seeded-bug.ts'

const replication = 'packages/broker/src/replication'
const node = `${replication}/replica-node.ts`
const store = `${replication}/replica-store.ts`
const feed = `${replication}/committed-feed.ts`

/** Around the state machine: the start of a replica, its loops, and the way to the store. */
export const nodeBugs: readonly SeededBug[] = [
  {
    name: 'a-repaired-journal-is-trusted',
    breaks: 'A replica whose log rotted is cut, and counts and elects with what is left of it.',
    references: ['R32', 'R33', 'bug 12', 'A6'],
    file: store,
    edits: [
      {
        from: '{ bootId: options.bootId, journalIsCorrupt }',
        to: '{ bootId: options.bootId, journalIsCorrupt: false }',
      },
      { from: "    suspect ??= 'the journal was corrupt'\n", to: '' },
    ],
    playedIn: { name: 'W14', file: 'test/simulation/walkthroughs/failing-disks.test.ts' },
  },
  {
    name: 'suspicion-is-not-written-at-the-start',
    breaks: 'A suspect replica that is restarted before it has caught up is trusted.',
    references: ['R33', 'R35', 'bug 14'],
    file: store,
    edits: [
      {
        from: '    clean: false,\n    suspect,',
        to: '    clean: false,\n    suspect: found.suspect,',
      },
    ],
  },
  {
    name: 'a-running-process-looks-cleanly-stopped',
    breaks: 'A power cut in a mem mode goes unnoticed after the first clean stop.',
    references: ['R31', 'R33', 'bug 10', 'bug 14'],
    file: store,
    edits: [
      {
        from: '    clean: false,\n    suspect,',
        to: '    clean: found.clean,\n    suspect,',
      },
    ],
  },
  {
    name: 'a-store-without-its-meta-file-is-used',
    breaks: 'A store that forgot its promises goes on with its old log under a new name.',
    references: ['R3', 'bug 24', 'bug 28'],
    file: store,
    edits: [
      {
        from: "if (opened.state === 'bad' || (opened.state === 'absent' && hasJournal)) {",
        to: "if (opened.state === 'bad' && !hasJournal) {",
      },
    ],
  },
  {
    name: 'a-failed-disk-leaves-no-mark',
    breaks: 'A replica whose disk failed is trusted when it returns.',
    references: ['R37', 'R33', 'bug 11'],
    file: node,
    edits: [
      {
        from: 'const suspect = isInDoubt(error) ? `${error.code}: ${error.message}` : meta.suspect',
        to: 'const { suspect } = meta',
      },
    ],
  },
  {
    name: 'serves-before-everything-is-applied',
    breaks: 'A new leader builds its queues from a store that lacks the last committed records.',
    references: ['R20', 'R23', 'bug 20'],
    file: node,
    edits: [
      {
        from: 'if (this.#pendingLead === null || !this.#log.isCaughtUp) return',
        to: 'if (this.#pendingLead === null) return',
      },
    ],
  },
  {
    name: 'timeouts-go-by-the-wall-clock',
    breaks: 'A clock that is set makes leases last and elections start at the wrong time.',
    references: ['R27', 'bug 26'],
    file: node,
    edits: [
      {
        from: 'const startMs = options.clock.monotonicMs()',
        to: 'const startMs = options.clock.wallMs()',
      },
      {
        from: 'const effects = this.#replica.step(event, this.#options.clock.monotonicMs())',
        to: 'const effects = this.#replica.step(event, this.#options.clock.wallMs())',
      },
      {
        from: 'this.#replica.leaseValid(this.#options.clock.monotonicMs())',
        to: 'this.#replica.leaseValid(this.#options.clock.wallMs())',
      },
    ],
  },
  {
    name: 'a-restart-waits-for-the-coordination-service',
    breaks: 'Without ZooKeeper a restarted node finds nobody, though all others are there.',
    references: ['R26', 'bug 30'],
    file: node,
    edits: [
      { from: 'this.#links.setPeers(new Map(Object.entries(this.#replica.meta.peers)))', to: '' },
    ],
  },
  {
    name: 'proposals-survive-the-leadership',
    breaks: 'What was taken in an earlier leadership is appended after it has ended.',
    references: ['R47', 'R29', 'bug 21'],
    file: `${replication}/leader-log.ts`,
    edits: [
      {
        from: '  close(): void {\n    this.#builder = null\n',
        to: '  close(): void {\n    if (this.#builder?.isEmpty === true) this.#builder = null\n',
      },
    ],
  },
  {
    name: 'applies-what-is-not-committed',
    breaks: 'The store holds records that the cluster forgets: ghosts, handed to consumers.',
    references: ['R19', 'R23', 'bug 15'],
    file: feed,
    edits: [
      {
        from: 'apply(batch, Math.min(this.#commitIndex, batch.lastIndex))',
        to: 'apply(batch, batch.lastIndex)',
      },
    ],
  },
  {
    name: 'applies-what-was-cut',
    breaks: 'Batches that were kept in memory are applied though the log has others there now.',
    references: ['R16', 'R19', 'bug 21'],
    file: feed,
    edits: [
      {
        from: 'const survivors = [...this.#kept].filter((batch) => batch.lastIndex <= after)',
        to: 'const survivors = [...this.#kept].filter((batch) => batch.lastIndex <= after + 1)',
      },
    ],
  },
  {
    name: 'a-new-process-does-not-say-that-it-runs',
    breaks: 'The boot and the mode that acknowledged records are not those the next start reads.',
    references: ['R31', 'R22', 'bug 10'],
    file: store,
    edits: [
      {
        from: 'await metaFile.write(meta)\n  return { meta, metaFile, journal, space }',
        to: 'if (configs.length === 0) await metaFile.write(meta)\n  return { meta, metaFile, journal, space }',
      },
    ],
  },
]

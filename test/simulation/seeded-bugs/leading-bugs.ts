import type { SeededBug } from './seeded-bug.ts'

const replica = 'packages/broker/src/replication/replica'
const leadership = `${replica}/leadership.ts`
const progress = `${replica}/progress.ts`

/** What the leader counts, sends, and takes for its right to serve. */
export const leadingBugs: readonly SeededBug[] = [
  {
    name: 'records-of-older-epochs-are-counted',
    breaks: "Raft's figure 8: a record counts as committed that a later leader may still replace.",
    references: ['R20', 'R21', 'bug 1'],
    file: leadership,
    edits: [
      {
        from: 'if (index !== null && index >= this.epochStartIndex) this.#commit(index)',
        to: 'if (index !== null) this.#commit(index)',
      },
    ],
  },
  {
    name: 'epoch-start-is-counted-in-memory',
    breaks: 'In the mem modes a leadership begins on records that no disk has.',
    references: ['R20', 'bug 10'],
    file: leadership,
    edits: [
      {
        from: 'return this.#context.commitIndex < this.epochStartIndex ? Math.min(acked, synced) : acked',
        to: 'return Math.max(acked, Math.min(acked, synced))',
      },
    ],
  },
  {
    name: 'winner-of-suspects-is-trusted-at-once',
    playedIn: {
      name: 'is in the log of whoever leads later',
      file: 'packages/broker/test/replication/possible-loss.test.ts',
    },
    breaks:
      'Leaders that may lack records die before their logs say so, and elect one that never says it.',
    references: ['R10', 'R35'],
    file: `${replica}/replica.ts`,
    edits: [
      {
        from: 'fields: { epoch: won.epoch, after: index } })',
        to: 'fields: { epoch: won.epoch, after: index } })\n      this.#context.persist({ suspect: null })',
      },
    ],
  },
  {
    name: 'leader-counts-itself-before-its-disk',
    breaks: 'One follower less than a quorum is enough, until the power of the leader fails.',
    references: ['R18', 'R21', 'bug 10'],
    file: leadership,
    edits: [
      {
        from: 'return options.sync.leaderDisk ? log.syncedIndex : log.writtenIndex',
        to: 'return options.sync.leaderDisk ? log.writtenIndex : log.tail.index',
      },
    ],
  },
  {
    name: 'written-counts-as-synced',
    coveredBy:
      'R17: a follower in a disk mode says of nothing that it is written before it is synced; only a ' +
      'follower whose word is laxer than the leader’s would count too early',
    playedIn: {
      name: 'in a disk mode counts what is synced',
      file: 'packages/broker/test/replication/replica/leadership.test.ts',
    },
    breaks: 'In the disk modes records are confirmed that only the memory of a follower has.',
    references: ['R17', 'R21', 'bug 10', 'A7'],
    file: leadership,
    edits: [
      {
        from: 'return followerDisk ? progress.syncedIndex : progress.writtenIndex',
        to: 'return followerDisk ? progress.writtenIndex : progress.syncedIndex',
      },
    ],
  },
  {
    name: 'sent-counts-as-acknowledged',
    breaks: 'A follower counts for records that are still on the way to it.',
    references: ['R17', 'R21', 'bug 15'],
    file: progress,
    edits: [
      {
        from: 'this.#inFlight.push({ lastIndex, bytes, position: last.position })',
        to:
          'this.#inFlight.push({ lastIndex, bytes, position: last.position })\n' +
          '    this.syncedIndex = lastIndex',
      },
    ],
  },
  {
    name: 'acknowledgements-of-older-epochs-are-taken',
    breaks: 'What a follower said to an earlier leader counts for records of this one.',
    references: ['R17', 'bug 3', 'A2'],
    file: leadership,
    edits: [
      {
        from: 'const current = frame.epoch === this.epoch && progress?.session === frame.session',
        to: 'const current = frame.epoch > 0 && progress?.session === frame.session',
      },
    ],
  },
  {
    name: 'acknowledgements-of-older-sessions-are-taken',
    breaks: 'What a follower said before it was restarted counts for what it has lost.',
    references: ['R17', 'bug 3'],
    file: leadership,
    edits: [
      {
        from: 'const current = frame.epoch === this.epoch && progress?.session === frame.session',
        to: 'const current = frame.epoch === this.epoch',
      },
    ],
  },
  {
    name: 'progress-survives-the-session',
    breaks: 'A follower that returns without its last records still counts for them.',
    references: ['R17', 'bug 3', 'A2'],
    file: leadership,
    edits: [
      {
        from: 'this.#followers.set(peer.nodeId, new FollowerProgress(peer, session))',
        to:
          'const before = this.#remembered.get(peer.storeUuid)\n' +
          '    const progress = new FollowerProgress(peer, session)\n' +
          '    progress.writtenIndex = before?.writtenIndex ?? 0\n' +
          '    progress.syncedIndex = before?.syncedIndex ?? 0\n' +
          '    progress.suspect = before?.suspect ?? true\n' +
          '    this.#remembered.set(peer.storeUuid, progress)\n' +
          '    this.#followers.set(peer.nodeId, progress)',
      },
      {
        from: '  #sessions = 0',
        to: '  readonly #remembered = new Map<string, FollowerProgress>()\n  #sessions = 0',
      },
    ],
  },
  {
    name: 'suspects-are-counted',
    breaks: 'Replicas that may have lost what they hold make records committed.',
    references: ['R21', 'R34', 'bug 10'],
    file: leadership,
    edits: [
      {
        from: 'progress?.peer.storeUuid !== seat.storeUuid || progress.suspect) continue',
        to: 'progress?.peer.storeUuid !== seat.storeUuid) continue',
      },
      {
        from: 'if (suspect === null) acked.add(',
        to: 'if (suspect !== undefined) acked.add(',
      },
    ],
  },
  {
    name: 'wiped-store-counts-for-its-old-name',
    breaks: 'An empty disk under an old name counts for a quorum that it knows nothing of.',
    references: ['R1', 'R21', 'R40', 'bug 9', 'bug 28'],
    file: leadership,
    edits: [
      {
        from: 'if (progress?.peer.storeUuid !== seat.storeUuid || progress.suspect) continue',
        to: 'if (progress === undefined || progress.suspect) continue',
      },
    ],
  },
  {
    name: 'lease-runs-from-the-answer',
    breaks:
      'The lease is dated by the arrival of an answer instead of the sending of its question: ' +
      'late answers extend it while somebody else leads.',
    references: ['R27', 'bug 17'],
    file: leadership,
    edits: [
      {
        from: 'progress.answeredSentMs = Math.max(progress.answeredSentMs, frame.sentUs / 1000)',
        to: 'progress.answeredSentMs = this.#context.nowMs',
      },
    ],
  },
  {
    name: 'lease-never-runs-out',
    breaks: 'A leader that was stopped for half a minute hands out messages when it goes on.',
    references: ['R27', 'bug 17', 'bug 16'],
    file: leadership,
    edits: [
      {
        from: 'return nowMs - this.#quorumAnsweredMs(config, nowMs) < options.timings.leaseMs',
        to: 'return this.#quorumAnsweredMs(config, nowMs) > -options.timings.leaseMs',
      },
    ],
  },
  {
    name: 'leader-without-quorum-stays',
    breaks: 'A leader that nobody answers keeps its clients waiting for ever.',
    references: ['R25', 'R30', 'bug 29', 'A8', 'A10'],
    file: leadership,
    edits: [
      {
        from: "if (nowMs - heardMs > options.timings.quorumTimeoutMs) return 'no quorum answers'",
        to: '',
      },
    ],
  },
  {
    name: 'returning-follower-gets-no-session',
    breaks: 'A follower that comes back is never fed again until the leader is restarted.',
    references: ['R14', 'A11', 'bug 22'],
    file: leadership,
    edits: [
      {
        from: 'const session = ++this.#sessions',
        to:
          'const known = this.#followers.get(peer.nodeId)\n' +
          '    if (known?.peer.storeUuid === peer.storeUuid) return\n' +
          '    const session = ++this.#sessions',
      },
      { from: 'this.#followers.delete(peer)', to: '' },
    ],
  },
  {
    name: 'window-never-opens-again',
    breaks:
      'A follower that was sent a windowful gets nothing more. (The window is made small here, so ' +
      'that a simulated history can fill it.)',
    references: ['R30', 'bug 22'],
    file: progress,
    edits: [
      {
        from: 'export const FOLLOWER_WINDOW_BYTES = 8 * 1024 * 1024',
        to: 'export const FOLLOWER_WINDOW_BYTES = 8 * 1024',
      },
      { from: 'this.#inFlightBytes -= oldest.bytes', to: '' },
    ],
  },
  {
    name: 'abdicated-leader-keeps-its-lease',
    breaks: 'A leader that has released its voters serves on while the next one begins.',
    references: ['R28', 'R12', 'R27', 'bug 16'],
    file: `${replica}/replica.ts`,
    edits: [{ from: "this.#stepDown('abdicated')", to: '' }],
  },
  {
    name: 'abdication-while-appends-are-under-way',
    breaks: 'Leadership is handed to a voter that lacks the last records: it cannot win.',
    references: ['R28'],
    file: leadership,
    edits: [
      {
        from: 'if (!eligible || this.#ackedIndex(progress) < log.tail.index) continue',
        to: 'if (!eligible || log.tail.index === 0) continue',
      },
    ],
  },
]

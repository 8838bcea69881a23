import type { SeededBug } from './seeded-bug.ts'

const replication = 'packages/broker/src/replication'
const voter = `${replication}/replica/voter.ts`
const campaign = `${replication}/replica/campaign.ts`
const replica = `${replication}/replica/replica.ts`
const frames = `${replication}/frames.ts`

/** Promises, leases of voters, and candidacies. */
export const votingBugs: readonly SeededBug[] = [
  {
    name: 'voters-do-not-compare-logs',
    breaks: 'A candidate that lacks committed records wins, and they are gone.',
    references: ['R8', 'bug 16'],
    file: voter,
    edits: [
      {
        from: 'return this.#context.suspect === null && notOlder(last, this.last())',
        to: 'return this.#context.suspect === null',
      },
      {
        from: 'grants: suspect === null && notOlder(frame.last, last),',
        to: 'grants: suspect === null,',
      },
    ],
  },
  {
    name: 'promises-do-not-compare-logs',
    breaks: 'The same, where only the question before the election still compares.',
    references: ['R8'],
    file: voter,
    edits: [
      {
        from: 'return this.#context.suspect === null && notOlder(last, this.last())',
        to: 'return this.#context.suspect === null',
      },
    ],
  },
  {
    name: 'elections-compare-positions-only',
    breaks: 'The longest log wins, although its end is of an older epoch and was never committed.',
    references: ['R8', 'bug 4', 'A1'],
    file: frames,
    edits: [
      {
        from: 'return a.epoch > b.epoch || (a.epoch === b.epoch && a.index >= b.index)',
        to: 'return a.index >= b.index',
      },
    ],
  },
  {
    name: 'half-synced-voter-reports-the-live-epoch',
    breaks:
      'A follower that has only begun to catch up claims the end of its leader: it wins elections ' +
      'over voters that hold more.',
    references: ['R38', 'R8', 'bug 5', 'A3'],
    file: voter,
    edits: [
      {
        from: 'const { epoch, index } = this.#context.log.tail\n    return { epoch, index }',
        to:
          'const { log, promised } = this.#context\n' +
          '    return { epoch: Math.max(log.tail.epoch, promised.epoch), index: log.tail.index }',
      },
    ],
  },
  {
    name: 'promise-answered-before-it-is-durable',
    breaks: 'A power cut makes the voter forget its promise: it serves two leaders of one epoch.',
    references: ['R7', 'bug 7'],
    file: voter,
    edits: [
      {
        from: 'if (!this.#context.isPersisted(pending.generation)) return',
        to: '',
      },
    ],
  },
  {
    name: 'promise-does-not-end-the-old-session',
    breaks:
      'A voter that has told its position goes on taking records of the old leader, which commits ' +
      'what the new leader does not have.',
    references: ['R7', 'R13', 'bug 16', 'A2'],
    file: replica,
    edits: [
      {
        from: 'this.#stepDown(`fenced by ${candidate}`)\n    this.#following = null',
        to: 'this.#stepDown(`fenced by ${candidate}`)',
      },
      {
        from: 'if (frame.epoch < this.#context.promised.epoch) {',
        to: 'if (this.#following === null && frame.epoch < this.#context.promised.epoch) {',
      },
    ],
  },
  {
    name: 'two-candidates-in-one-epoch',
    breaks: 'A number that the service handed out twice makes two leaders of one epoch.',
    references: ['R6', 'bug 16'],
    file: voter,
    edits: [
      {
        from: 'return wanted.epoch > promised.epoch || samePromise(promised, wanted)',
        to: 'return wanted.epoch >= promised.epoch',
      },
    ],
  },
  {
    name: 'promise-goes-by-the-name-alone',
    coveredBy:
      'R7, R40: a store promises itself first and then asks for more; one that was replaced gets a ' +
      'seat only when a quorum has left the epochs that its name has asked for',
    playedIn: {
      name: 'binds an epoch to one candidate',
      file: 'packages/broker/test/replication/replica/voter.test.ts',
    },
    breaks: 'A leader that was restarted takes its epoch up again, without what it had in memory.',
    references: ['R6', 'R20', 'bug 25'],
    file: voter,
    edits: [
      {
        from: 'return a.epoch === b.epoch && a.candidate === b.candidate && a.nonce === b.nonce',
        to: 'return a.epoch === b.epoch && a.candidate === b.candidate',
      },
    ],
  },
  {
    name: 'position-read-before-appends-have-landed',
    breaks: 'The position in a promise may count records that are not written yet.',
    references: ['R7', 'bug 14'],
    file: voter,
    edits: [{ from: "this.#context.emit({ type: 'quiesce' })", to: 'this.onQuiesced()' }],
  },
  {
    name: 'suspects-grant',
    breaks: 'A voter that may have lost what it acknowledged helps to elect a leader without it.',
    references: ['R34', 'R8', 'bug 10'],
    file: voter,
    edits: [
      {
        from: 'return this.#context.suspect === null && notOlder(last, this.last())',
        to: 'return notOlder(last, this.last())',
      },
      {
        from: 'grants: suspect === null && notOlder(frame.last, last),',
        to: 'grants: notOlder(frame.last, last),',
      },
    ],
  },
  {
    name: 'voters-are-not-sticky',
    breaks: 'A new leader is elected while the old one still holds its lease: both hand out.',
    references: ['R12', 'R27', 'bug 16', 'bug 17'],
    file: voter,
    edits: [
      {
        from: 'return nowMs - this.#leaseGivenMs < options.timings.stickyMs',
        to: 'return false',
      },
    ],
  },
  {
    name: 'restarted-voter-is-not-sticky',
    breaks: 'A voter that has forgotten whom it gave a lease promises to somebody else at once.',
    references: ['R12', 'bug 17'],
    file: voter,
    edits: [{ from: 'this.#leaseGivenMs = startMs', to: 'this.#leaseGivenMs = startMs - 60_000' }],
  },
  {
    name: 'silence-counts-as-death',
    breaks: 'A broken connection, not a refused one, ends the wait for the lease of the leader.',
    references: ['R12', 'R24', 'bug 17'],
    file: replica,
    edits: [
      {
        from: 'if (!refused || peer !== this.#lastLeader || this.#leadership !== null) return',
        to: 'if (peer !== this.#lastLeader || this.#leadership !== null) return',
      },
    ],
  },
  {
    name: 'anybodys-death-frees-the-voters',
    breaks: 'A refused connection of a third node ends the wait for the lease of the leader.',
    references: ['R12', 'bug 17'],
    file: replica,
    edits: [
      {
        from: 'if (!refused || peer !== this.#lastLeader || this.#leadership !== null) return',
        to: 'if (!refused || this.#leadership !== null) return',
      },
    ],
  },
  {
    name: 'no-pre-vote',
    breaks: 'A node that cannot win takes one epoch after the other and unseats those that can.',
    references: ['R11', 'bug 19'],
    file: campaign,
    edits: [
      {
        from: '#countPreVotes(): void {\n    const outcome = this.#outcome()',
        to: "#countPreVotes(): void {\n    const outcome = 'won' as string",
      },
    ],
  },
  {
    name: 'pre-votes-ignore-the-living-leader',
    breaks: 'A node that does not hear the leader unseats it, though a quorum hears it.',
    references: ['R11', 'bug 19'],
    file: voter,
    edits: [{ from: 'leaderAlive: this.mustStay(),', to: 'leaderAlive: false,' }],
  },
  {
    name: 'pre-vote-ends-the-session',
    breaks: 'A mere question makes the voter leave its leader: questions alone stop the cluster.',
    references: ['R11', 'bug 19'],
    file: voter,
    edits: [
      {
        from: 'const { promised, suspect } = this.#context\n    if (!this.#isMember) return',
        to:
          'const { promised, suspect } = this.#context\n    if (!this.#isMember) return\n' +
          '    this.#owner.promising(from)',
      },
    ],
  },
  {
    name: 'quorum-of-those-who-are-online',
    breaks: 'Each side of a partition elects a leader by a majority of those it can reach.',
    references: ['R9', 'bug 6', 'A5'],
    file: campaign,
    edits: [
      {
        from: 'const quorum = quorumOf(config)',
        to: 'const quorum = Math.floor((this.#context.peers.size + 1) / 2) + 1',
      },
    ],
  },
  {
    name: 'wiped-store-votes-for-its-old-name',
    breaks: 'A node with a new disk grants in the seat of the store that it lost.',
    references: ['R1', 'R40', 'bug 9', 'bug 28'],
    file: campaign,
    edits: [
      {
        from: 'seat?.nodeId === nodeId && seat.storeUuid === storeUuid',
        to: "seat?.nodeId === nodeId && storeUuid !== ''",
      },
      {
        from: 'this.#context.peers.get(nodeId)?.storeUuid === storeUuid',
        to: "this.#context.peers.has(nodeId) && storeUuid !== ''",
      },
    ],
  },
  {
    name: 'suspect-candidate-wins-by-grants',
    breaks:
      'A candidate that may have lost records leads by its own word and those of others that lack them.',
    references: ['R9', 'R34', 'bug 10'],
    file: campaign,
    // Either rule is enough: that it does not grant to itself, and that grants do not elect it.
    edits: [
      { from: 'if (isClean && grants >= quorum)', to: 'if (grants >= quorum)' },
      { from: 'grants: suspect === null,', to: 'grants: true,' },
      {
        from: '{ grants, refuses: false, suspect: suspect !== null, last }',
        to: '{ grants: grants || suspect !== null, refuses: false, suspect: suspect !== null, last }',
      },
    ],
  },
  {
    name: 'full-attendance-without-everybody',
    breaks: 'The last resort of a cluster of suspects elects while the best log is away.',
    references: ['R10', 'bug 6'],
    file: campaign,
    edits: [{ from: "if (this.#answers.size < seats) return 'lost'", to: '' }],
  },
  {
    name: 'full-attendance-without-the-newest-log',
    playedIn: { name: 'W7', file: 'test/simulation/walkthroughs/lost-memory.test.ts' },
    breaks: 'With everybody present, one leads that is not the one with the newest log.',
    references: ['R10', 'bug 4'],
    file: campaign,
    edits: [
      {
        from: 'refusals === 0 && clean < quorum && newest ?',
        to: 'refusals === 0 && clean < quorum ?',
      },
    ],
  },
  {
    name: 'candidate-waits-for-ever',
    breaks: 'A candidate whose questions were lost never asks again, and never lets others lead.',
    references: ['R24', 'A11'],
    file: campaign,
    edits: [
      {
        from: "if (this.#phase === 'idle' || this.#context.nowMs < this.#deadlineMs) return",
        to: "if (this.#phase !== 'preVote' || this.#context.nowMs < this.#deadlineMs) return",
      },
    ],
  },
  {
    name: 'lost-election-is-never-repeated',
    breaks: 'All start at once, nobody wins, and nobody tries again.',
    references: ['R24', 'A11'],
    file: replica,
    edits: [
      {
        from: '} else this.#scheduleElection(URGENT_RETRY_MS, URGENT_RETRY_MS)',
        to: '} else this.#heardMs = Infinity',
      },
      {
        from: 'this.#scheduleElection(behind ? BEHIND_MS : RETRY_MS, JITTER_MS)',
        to: 'this.#heardMs = Infinity',
      },
    ],
  },
]

import type { SeededBug } from './seeded-bug.ts'

const replication = 'packages/broker/src/replication'
const context = `${replication}/replica/context.ts`
const leadership = `${replication}/replica/leadership.ts`
const history = `${replication}/config-history.ts`
const membership = `${replication}/cluster-membership.ts`

/** Seats, configurations, and the founding of a cluster. */
export const membershipBugs: readonly SeededBug[] = [
  {
    name: 'vacant-seats-do-not-count',
    breaks: 'The quorum is taken of the seats that are occupied: two quorums need not meet.',
    references: ['R2', 'bug 6', 'A5'],
    file: `${replication}/cluster-config.ts`,
    edits: [
      {
        from: 'return Math.floor(config.seats.length / 2) + 1',
        to: 'return Math.floor(voters(config).length / 2) + 1',
      },
    ],
  },
  {
    name: 'seats-change-before-the-last-change-is-committed',
    breaks: 'Two changes in flight make configurations whose quorums do not meet.',
    references: ['R39', 'bug 8'],
    file: leadership,
    edits: [
      {
        from: '!this.#isServing || config === null || this.#changeIndex > commitIndex) return',
        to: '!this.#isServing || config === null || commitIndex === 0) return',
      },
    ],
  },
  {
    name: 'seats-change-before-the-epoch-start-is-committed',
    breaks: "Ongaro's hole of 2015: two leaders change one configuration in two ways.",
    references: ['R39', 'bug 8'],
    file: leadership,
    edits: [
      {
        from: '!this.#isServing || config === null || this.#changeIndex > commitIndex) return',
        to: 'config === null || this.#changeIndex > commitIndex) return',
      },
    ],
  },
  {
    name: 'a-seat-is-swapped-in-one-change',
    breaks: 'Old and new configuration differ by two voters: their quorums need not meet.',
    references: ['R40', 'bug 8'],
    file: `${replication}/replica/replacement.ts`,
    edits: [
      {
        from: 'if (own >= 0) return withSeat(config, own, null)',
        to:
          'const { nodeId, storeUuid } = learner\n' +
          '    if (own >= 0) return withSeat(config, own, { nodeId, storeUuid })',
      },
    ],
  },
  {
    name: 'configuration-counts-when-it-is-committed',
    breaks: 'Leader and followers go by different configurations while one is under way.',
    references: ['R39', 'bug 8'],
    file: context,
    edits: [
      {
        from: 'return this.#meta.configs.at(-1)?.config ?? null',
        to:
          'const { commitIndex } = this\n    return (\n      this.#meta.configs' +
          '.findLast(({ index }) => index <= commitIndex)?.config ?? null\n    )',
      },
    ],
  },
  {
    name: 'configurations-are-not-rolled-back',
    breaks: 'A configuration stays in force whose record was cut from the log.',
    references: ['R39', 'bug 8'],
    file: context,
    edits: [
      {
        from: 'configs: configsHeld(configs, this.log)',
        to: 'configs',
      },
    ],
  },
  {
    name: 'configurations-go-by-their-index-alone',
    coveredBy:
      'R39, R8: seats change only when the start of the epoch is committed, so every later log holds ' +
      'that start, and at the place of the change no record of an older epoch',
    playedIn: {
      name: 'is held against the log',
      file: 'packages/broker/test/replication/config-history.test.ts',
    },
    breaks: 'After a crash a configuration is in force that another record has replaced.',
    references: ['R39', 'bug 8'],
    file: history,
    edits: [
      {
        from: 'return end.epoch === epoch && begin < index && index <= end.lastIndex',
        to: 'return begin >= 0 && index <= end.lastIndex',
      },
    ],
  },
  {
    name: 'only-the-last-configuration-is-kept',
    breaks: 'A cut between two configurations leaves none that could come back.',
    references: ['R39', 'bug 8'],
    file: history,
    edits: [
      {
        from: 'configs = isNew ? bounded([...kept, entry]) : kept',
        to: 'configs = (isNew ? [...kept, entry] : kept).slice(-1)',
      },
    ],
  },
  {
    name: 'a-configuration-appended-at-the-step-down-is-forgotten',
    breaks: 'A configuration stands in the log of a former leader, which does not go by it.',
    references: ['R39', 'bug 8', 'bug 21'],
    file: `${replication}/replica/replica.ts`,
    edits: [
      {
        from: 'this.#context.learnFrom(batch, configs)',
        to: 'this.#context.learnFrom(batch, this.#leadership === null ? [] : configs)',
      },
    ],
  },
  {
    name: 'configurations-in-the-rest-of-the-log-are-not-looked-for',
    breaks: 'After a crash the meta file is believed, which did not hear of the last change.',
    references: ['R39', 'bug 8', 'bug 13'],
    file: `${replication}/replica-store.ts`,
    edits: [{ from: 'configs = appendConfigs(configs, configsIn(batch))', to: '' }],
  },
  {
    name: 'configurations-of-the-meta-file-are-not-held-against-the-log',
    breaks: 'After a crash an uncommitted configuration is in force that the log has lost.',
    references: ['R39', 'bug 8', 'bug 13'],
    file: `${replication}/replica-store.ts`,
    edits: [
      {
        from: 'let configs = configsHeld(found.configs, journal)',
        to: 'let configs = configsHeld([], journal).concat(found.configs)',
      },
    ],
  },
  {
    name: 'a-cluster-is-founded-beside-another',
    breaks: 'When the service has lost its data, an empty node founds a new cluster.',
    references: ['R2', 'bug 24', 'bug 28'],
    file: `${replication}/bootstrap.ts`,
    edits: [
      {
        from: 'if (members.some(({ clusterId }) => clusterId !== null)) return null',
        to: 'if (members.every(({ clusterId }) => clusterId !== null)) return null',
      },
      {
        from: 'members.filter(({ empty }) => !empty)',
        to: 'members.filter(({ empty, clusterId }) => !empty && clusterId === null)',
      },
    ],
  },
  {
    name: 'a-foreign-founding-is-accepted',
    breaks: 'A node with the data of one cluster takes part in another one.',
    references: ['R2', 'bug 24'],
    file: membership,
    edits: [
      {
        from: 'if (clusterId !== null && clusterId !== found.clusterId) {',
        to: "if (clusterId === '') {",
      },
    ],
  },
  {
    name: 'the-first-configuration-is-created-twice',
    breaks: 'Two nodes that found at once have two clusters of one name.',
    references: ['R2', 'bug 25'],
    file: 'packages/broker/src/coordination/znodes/first-configuration.ts',
    edits: [
      {
        from: "if (refusalOf(error) !== 'NodeExists') throw error",
        to: "if (refusalOf(error) !== 'NodeExists') throw error\n      return bootstrap",
      },
    ],
  },
]

import type { SeededBug } from './seeded-bug.ts'

const coordination = 'packages/broker/src/coordination'
const register = `${coordination}/znodes/epoch-register.ts`

/** What is made of the coordination service, which may lie, stall, and lose answers. */
export const coordinationBugs: readonly SeededBug[] = [
  {
    name: 'an-epoch-of-our-own-is-taken-for-the-new-one',
    playedIn: { name: 'W20', file: 'test/simulation/walkthroughs/coordination.test.ts' },
    breaks: 'After a lost answer a number is taken that this node has led with before.',
    references: ['R5', 'bug 25'],
    file: register,
    edits: [
      {
        from: 'standing.owner === owner && standing.nonce === nonce',
        to: "standing.owner === owner && nonce !== ''",
      },
    ],
  },
  {
    name: 'a-lost-race-for-the-epoch-counts-as-won',
    coveredBy:
      'R6: voters bind an epoch to one candidate, whoever else was given its number; that one loses ' +
      'and asks for the next',
    breaks: 'Two candidates are given the same number.',
    references: ['R5', 'bug 25'],
    file: register,
    edits: [
      {
        from: 'if (!isRaceLost(error)) throw error',
        to: 'if (!isRaceLost(error)) throw error\n      if (found !== null) return { epoch, nonce }',
      },
    ],
  },
  {
    name: 'the-epoch-is-written-without-comparing',
    coveredBy:
      'R6, R5: voters bind an epoch to one candidate, and each request is above what its node has ' +
      'promised, so that a register that went back is soon ahead again',
    breaks: 'A stale read is believed: the register goes back, and numbers are given out twice.',
    references: ['R5', 'bug 25'],
    file: register,
    edits: [
      { from: 'await client.sync(layout.epoch)\n    ', to: '' },
      {
        from: 'await client.set(layout.epoch, data, found.stat.version)',
        to: 'await client.set(layout.epoch, data)',
      },
    ],
  },
  {
    name: 'the-epoch-ignores-what-was-promised',
    playedIn: { name: 'W10', file: 'test/simulation/walkthroughs/coordination.test.ts' },
    breaks:
      'After the service has lost its data, it hands out numbers that voters refuse for ever.',
    references: ['R5', 'R6', 'bug 25', 'A11'],
    file: register,
    edits: [
      {
        from: 'const epoch = Math.max(standing?.e ?? 0, above) + 1',
        to: 'const epoch = (standing?.e ?? 0) + Math.min(1, above + 1)',
      },
    ],
  },
  {
    name: 'a-ghost-keeps-our-place',
    breaks: 'A restarted node stays unknown until the session of its former life expires.',
    references: ['bug 25', 'A9'],
    file: `${coordination}/claims.ts`,
    edits: [
      {
        from: "return ghost ? 'replace' : 'yield'",
        to: "return ghost && announcedInSession ? 'replace' : 'yield'",
      },
    ],
  },
  {
    name: 'being-cut-off-from-the-service-means-stepping-down',
    playedIn: { name: 'W9', file: 'test/simulation/walkthroughs/coordination.test.ts' },
    breaks: 'An outage of ZooKeeper takes down a cluster whose brokers all hear each other.',
    references: ['R26', 'bug 25', 'A8', 'A9'],
    file: 'packages/broker/src/replication/cluster-membership.ts',
    edits: [
      {
        from: "if (event.state === 'expired' && this.#options.stepDownOnZkExpiry) {",
        to: "if (event.state !== 'connected') {",
      },
    ],
  },
  {
    name: 'members-that-left-the-service-lose-their-address',
    breaks: 'An expired session cuts the link to a voter that is alive.',
    references: ['R26', 'bug 25', 'A8'],
    file: 'packages/broker/src/replication/replica-node.ts',
    edits: [
      {
        from: 'const address = seat && (addresses.get(seat.nodeId) ?? known[seat.nodeId])',
        to: 'const address = seat && addresses.get(seat.nodeId)',
      },
    ],
  },
  {
    name: 'watches-are-trusted',
    breaks: 'A notification that was lost leaves a node with an old picture of its cluster.',
    references: ['bug 25'],
    file: `${coordination}/znodes/group-session.ts`,
    edits: [
      {
        from: 'this.#relist = options.clock.every(relistPeriodMs, () => this.connected())',
        to: 'this.#relist = options.clock.every(relistPeriodMs, () => this.mark())',
      },
    ],
  },
]

import type { SeededBug } from './seeded-bug.ts'

const store = 'packages/broker/src/store'
const fold = `${store}/fold/fold.ts`
const levelStore = `${store}/leveldb/level-store.ts`
const loader = `${store}/leveldb/index-loader.ts`
const unitTests = 'packages/broker/test/store/leveldb/level-store.test.ts'

/** The fold of the log, and its checkpoints in the index. */
export const storeBugs: readonly SeededBug[] = [
  {
    name: 'records-are-applied-twice',
    breaks: 'A batch that was applied in part is applied again from its beginning.',
    references: ['R19', 'bug 18'],
    file: `${store}/fold/fold-store.ts`,
    edits: [
      {
        from: 'if (record.index > this.#index && record.index <= throughIndex) this.#apply(record)',
        to: 'if (record.index <= throughIndex) this.#apply(record)',
      },
    ],
  },
  {
    name: 'the-applied-index-is-written-after-the-state',
    coveredBy:
      'R19: the applied row says how many rows there are besides it, and the sum of them, so rows ' +
      'that are newer than it are found out, and the index is made anew from the log',
    playedIn: { name: 'writes what changed and the applied row in one batch', file: unitTests },
    breaks: 'A crash between the two writes leaves a state that is applied to once more.',
    references: ['R19', 'bug 18'],
    file: levelStore,
    edits: [
      {
        from: 'await database.write(writes)',
        to: 'await database.write(writes.slice(0, -1))\n      await database.write(writes.slice(-1))',
      },
    ],
  },
  {
    name: 'the-applied-point-is-older-than-the-state',
    coveredBy:
      'R19: nothing is applied between asking and making: a broker asks for one checkpoint at a time, ' +
      'and for the last one when its store takes nothing any more',
    playedIn: { name: 'is of what is applied when it is made', file: unitTests },
    breaks: 'The checkpoint is dated when it is asked for, not when it is made.',
    references: ['R19', 'bug 18'],
    file: levelStore,
    edits: [
      {
        from: 'const next = this.#running.then(() => {',
        to: 'const asked = this.appliedPoint\n    const next = this.#running.then(() => {',
      },
      {
        from: 'return this.#writeCheckpoint()\n    })',
        to: 'return this.#writeCheckpoint(asked)\n    })',
      },
      {
        from: 'async #writeCheckpoint(): Promise<LogPoint> {',
        to: 'async #writeCheckpoint(asked: LogPoint): Promise<LogPoint> {',
      },
      {
        from: 'const applied = this.appliedPoint\n    if (applied.index ===',
        to: 'const applied = asked\n    if (applied.index ===',
      },
    ],
  },
  {
    name: 'an-index-of-another-log-is-accepted',
    breaks: 'After a loss the index holds what the log has not: a checkpoint ahead of its log.',
    references: ['R19', 'bug 18', 'bug 20'],
    file: levelStore,
    edits: [
      {
        from: "if (standing !== 'held')",
        to: 'if (applied.index < 0)',
      },
    ],
  },
  {
    name: 'an-index-of-another-cluster-is-accepted',
    coveredBy:
      'R19: the log has to hold the very record, with its position and the chain of all before it, at ' +
      'which the index was made; record 1 names the stores of its cluster, so no other log holds it',
    playedIn: { name: 'when it belongs to another cluster', file: unitTests },
    breaks: 'The queues of one cluster show up in another.',
    references: ['R2', 'R19', 'bug 24'],
    file: levelStore,
    edits: [
      {
        from: 'if (clusterId !== options.clusterId)',
        to: "if (clusterId === '')",
      },
    ],
  },
  {
    name: 'the-index-forgets-producers',
    breaks: 'After a restart from its index a broker stores a message again that is sent again.',
    references: ['R42', 'R19', 'bug 23'],
    file: loader,
    edits: [
      {
        from: 'for (const producer of this.#producers) producers.restore(producer)',
        to: '',
      },
    ],
  },
  {
    name: 'the-index-forgets-which-sequence-is-next',
    breaks: 'After a restart new messages get the numbers of old ones.',
    references: ['R19', 'bug 18'],
    file: loader,
    edits: [{ from: 'this.#fold.nextSequence = applied.nextSequence', to: '' }],
  },
  {
    name: 'a-page-is-left-to-a-row-that-is-older',
    playedIn: {
      name: 'is the fold of the log after any checkpoints, crashes and restarts',
      file: 'packages/broker/test/store/leveldb/level-store-recovery.test.ts',
    },
    breaks: 'What changed while a checkpoint was on its way is forgotten with the page it is on.',
    references: ['R19', 'bug 18'],
    file: levelStore,
    edits: [
      {
        from: 'for (const page of pages) if (!page.changed) page.written()',
        to: 'for (const page of pages) page.written()',
      },
    ],
  },
  {
    name: 'followers-do-not-learn-producers',
    breaks: 'What a replica knows depends on its role: the next leader stores resends again.',
    references: ['R19', 'R42', 'bug 27', 'bug 23'],
    file: fold,
    edits: [
      {
        from: 'if (op.producer !== 0) this.producers.stored(op.producer, op.producerSequence)',
        to:
          'if (op.producer !== 0 && this.#listener !== null) {\n' +
          '      this.producers.stored(op.producer, op.producerSequence)\n    }',
      },
    ],
  },
  {
    name: 'what-is-kept-depends-on-restarts',
    breaks: 'A replica that was restarted drops what others keep: the stores drift apart.',
    references: ['R19', 'bug 27'],
    file: fold,
    edits: [
      {
        from: 'if (list === undefined || list.newest === sequence) continue',
        to:
          'if (list === undefined || list.newest === sequence) continue\n' +
          '      if (list.newest === 0 && list.length > 0) continue',
      },
    ],
  },
  {
    name: 'an-acknowledgement-removes-the-message-everywhere',
    breaks: 'What one subscriber has consumed is lost to all others.',
    references: ['C7', 'bug 27'],
    file: fold,
    edits: [
      {
        from: 'const entry = list.remove(sequence)\n      if (entry === undefined) continue',
        to:
          'const entry = list.remove(sequence)\n' +
          '      for (const one of this.lists.values()) {\n' +
          '        const other = one.remove(sequence)\n' +
          '        if (other === undefined) continue\n' +
          '        this.segments.remove(other.position, other.length)\n' +
          '        this.cache.release(other)\n      }\n' +
          '      if (entry === undefined) continue',
      },
    ],
  },
  {
    name: 'redelivery-counters-are-not-kept',
    breaks: 'After a failover a message that failed five times counts as new.',
    references: ['R44'],
    file: fold,
    edits: [{ from: 'for (const sequence of sequences) list.redelivered(sequence)', to: '' }],
  },
  {
    name: 'outcomes-of-transactions-are-not-kept',
    breaks: 'A commit that is repeated after a failover is refused although it was carried out.',
    references: ['R43', 'bug 23'],
    file: fold,
    edits: [{ from: "if (op.id !== '') this.outcomes.committed(op.id)", to: '' }],
  },
  {
    name: 'a-transaction-is-applied-in-part',
    breaks: 'Of a transaction only what came first is done.',
    references: ['R43', 'bug 18'],
    file: fold,
    edits: [
      {
        from: 'for (const nested of op.ops) this.#applyFlat(nested, origin)',
        to:
          'for (const nested of op.ops) {\n      this.#applyFlat(nested, origin)\n' +
          "      if (nested.kind === 'message') break\n    }",
      },
    ],
  },
]

import type { SeededBug } from './seeded-bug.ts'

const engine = 'packages/broker/src/engine'
const connection = `${engine}/client-connection.ts`
const cursor = `${engine}/dispatch/pending-cursor.ts`
const subscription = `${engine}/subscription/subscription.ts`
const acknowledge = `${engine}/subscription/acknowledge.ts`
const registry = `${engine}/destination/destination-registry.ts`

/** What clients are told, and what they are handed. */
export const engineBugs: readonly SeededBug[] = [
  {
    name: 'sends-are-confirmed-before-the-commit',
    breaks: 'A producer is told that its message is safe while one disk has it, or none.',
    references: ['R22', 'bug 10'],
    file: connection,
    edits: [
      {
        from: 'records.append(shipment.op(producer), record, message.body.length)',
        to:
          'records.append(shipment.op(producer), record, message.body.length)\n' +
          '    record.confirmEarly()',
      },
    ],
  },
  {
    name: 'acknowledgements-are-confirmed-before-the-commit',
    breaks: 'A consumer is told that a message is done, and after a failover it comes again.',
    references: ['R22', 'bug 10'],
    file: acknowledge,
    edits: [
      {
        from: 'core.acks.await(holder, receipt)',
        to: 'holder.confirm(receipt, null)',
      },
    ],
  },
  {
    name: 'commits-are-confirmed-before-the-commit',
    breaks: 'A client is told of a committed transaction that the cluster may yet forget.',
    references: ['R22', 'R43'],
    file: `${engine}/transaction/commit.ts`,
    edits: [
      {
        from: 'core.records.append(op, record, transaction.bytes)',
        to: 'core.records.append(op, record, transaction.bytes)\n  record.confirmEarly()',
      },
    ],
  },
  {
    name: 'messages-are-handed-out-before-the-commit',
    breaks: 'A consumer gets a message that no later leader knows.',
    references: ['R23', 'bug 15'],
    file: connection,
    edits: [
      {
        from: 'records.append(shipment.op(producer), record, message.body.length)',
        to:
          'records.append(shipment.op(producer), record, message.body.length)\n' +
          '    for (const queue of this.#router.route(message.destination).queues) {\n' +
          '      if (queue.backlog.receivers.length > 0) queue.backlog.offer(message)\n' +
          '    }',
      },
    ],
  },
  {
    name: 'messages-are-handed-out-without-a-lease',
    playedIn: { name: 'W11', file: 'test/simulation/walkthroughs/silence.test.ts' },
    breaks: 'A leader that was stopped for a while hands out what its successor hands out too.',
    references: ['R27', 'bug 17'],
    file: `${engine}/dispatch/dispatcher.ts`,
    edits: [
      {
        from: 'return !this.#stopped && this.#ports.lease.valid()',
        to: 'return !this.#stopped',
      },
    ],
  },
  {
    name: 'what-was-under-way-is-confirmed-at-the-step-down',
    breaks: 'A leader that loses its place answers what it will never commit.',
    references: ['R29', 'bug 14', 'bug 21'],
    file: `${engine}/engine.ts`,
    edits: [
      {
        from: '    core.records.close()',
        to:
          '    core.records.confirmable(Number.MAX_SAFE_INTEGER)\n' +
          '    for (const client of this.#clients.values()) client.flush()\n' +
          '    core.records.close()',
      },
    ],
  },
  {
    name: 'resends-are-stored-again',
    breaks: 'A producer that sends again after a failover makes a second copy.',
    references: ['R42', 'bug 23'],
    file: connection,
    edits: [
      {
        from: 'if (sending?.mayResend !== true || sending.producer === null) return false',
        to: 'if (sending?.producer !== undefined || message.producerSequence > 0) return false',
      },
    ],
  },
  {
    name: 'a-new-leader-knows-no-producers',
    breaks: 'Only the leader that stored a message recognises it when it is sent again.',
    references: ['R42', 'bug 23'],
    file: `${engine}/producer-table.ts`,
    edits: [
      {
        from: 'const stored = this.#store.producer(name)',
        to: 'const stored = this.#producers.get(name)',
      },
    ],
  },
  {
    name: 'resends-are-confirmed-at-once',
    breaks: 'A message that is sent again is confirmed while its first copy is still under way.',
    references: ['R42', 'R22', 'bug 23'],
    file: connection,
    edits: [
      {
        from: 'if (isResend(message, sending)) this.#confirmBehind(receipt)',
        to: 'if (isResend(message, sending)) this.confirm(receipt, null)',
      },
    ],
  },
  {
    name: 'repeated-commits-are-confirmed-at-once',
    breaks: 'A commit that is repeated is confirmed while the first one is still under way.',
    references: ['R43', 'R22', 'bug 23'],
    file: connection,
    edits: [
      {
        from: '// Repeated after its answer was lost (R43).\n      this.#confirmBehind(receipt)',
        to: '// Repeated after its answer was lost (R43).\n      this.confirm(receipt, null)',
      },
    ],
  },
  {
    name: 'transactions-commit-without-their-acknowledgements',
    breaks: 'What was consumed in a transaction that also sent comes again after a failover.',
    references: ['R43'],
    file: `${engine}/transaction/transaction.ts`,
    edits: [
      {
        from: 'for (const [{ listId }, sequences] of acknowledged) ops.push(...acknowledgeOps(listId, sequences))',
        to:
          'for (const [{ listId }, sequences] of acknowledged) {\n' +
          '    if (shipments.length === 0) ops.push(...acknowledgeOps(listId, sequences))\n  }',
      },
    ],
  },
  {
    name: 'transactions-commit-without-what-their-consumer-lost',
    playedIn: {
      name: 'is not committed when it acknowledges more than is with its consumer',
      file: 'packages/broker/test/engine/transactions.test.ts',
    },
    breaks:
      'A client that acknowledges from before a failover is told that it did, and it comes again.',
    references: ['R43', 'C4'],
    file: `${engine}/client-connection.ts`,
    edits: [{ from: 'if (!ack.isWhole) transaction.fail(notWithTheClient())', to: '' }],
  },
  {
    name: 'a-takeover-does-not-flag-redeliveries',
    breaks: 'After a failover a message comes a second time, and nothing says so.',
    references: ['R44'],
    file: cursor,
    edits: [{ from: 'entry.doubtful = true', to: 'entry.doubtful = false' }],
  },
  {
    name: 'failed-deliveries-are-not-logged',
    breaks: 'The counter of failed deliveries begins anew with each leader.',
    references: ['R44'],
    file: subscription,
    edits: [
      {
        from: 'this.#core.records.append(op, new SilentRecord())',
        to: 'if (op.list === 0) this.#core.records.append(op, new SilentRecord())',
      },
    ],
  },
  {
    name: 'absent-durable-subscribers-are-skipped',
    breaks: 'A durable subscription misses what is sent while its client is away.',
    references: ['C7'],
    file: `${engine}/destination/topic.ts`,
    edits: [
      {
        from: 'return this.durables.filter((durable) => durable.wants(sender))',
        to: 'return this.durables.filter((durable) => durable.wants(sender) && durable.isActive)',
      },
    ],
  },
  {
    name: 'a-new-leader-forgets-durable-subscriptions',
    breaks:
      'After a failover a durable subscription gets nothing until its client subscribes anew.',
    references: ['C7', 'R20'],
    file: registry,
    edits: [
      {
        from: 'topics.set(id, destination)',
        to: 'if (isQueueLike(destination.kind)) topics.set(id, destination)',
      },
    ],
  },
  {
    name: 'unacknowledged-messages-do-not-come-back',
    breaks: 'What a consumer had in its hands when it went is not given to anybody else.',
    references: ['R44', 'bug 22'],
    file: subscription,
    edits: [
      {
        from: 'source.giveBack(group.map(({ entry }) => entry))',
        to: 'source.giveBack(failed)',
      },
    ],
  },
  {
    name: 'returned-messages-are-not-sorted',
    breaks: 'What comes back from a consumer is handed out in another order than it was sent.',
    references: ['C3'],
    file: cursor,
    edits: [
      {
        from: 'this.#returned.sort((one, other) => compareEntries(other, one))',
        to: '',
      },
    ],
  },
  {
    name: 'exclusive-consumers-share',
    breaks: 'Two consumers that each asked to be alone are both served.',
    references: ['C6', 'bug 16'],
    file: `${engine}/dispatch/backlog.ts`,
    edits: [
      {
        from: 'const receivers = this.#exclusive === null ? this.#receivers : [this.#exclusive]',
        to: 'const receivers = this.#receivers',
      },
    ],
  },
  {
    name: 'producers-are-never-paused',
    breaks: 'Without a quorum the leader takes messages until its memory is full.',
    references: ['R30', 'bug 29'],
    file: `${engine}/policy/flow-control.ts`,
    edits: [
      {
        from: "if (this.isUncommittedFull) this.pause(sender, 'uncommitted')",
        to: 'void sender',
      },
    ],
  },
]

/** The load on NATS JetStream, see load-task.ts. */
import { Connections } from './nats-connections.ts'
import { consume } from './nats-consume.ts'
import { fail } from './nats-fail.ts'
import { fanOut } from './nats-fan-out.ts'
import { flow } from './nats-flow.ts'
import { probe } from './nats-probe.ts'
import { requestReply } from './nats-request-reply.ts'
import { fill, send } from './nats-send.ts'
import type { LoadAnswer, LoadOrder, LoadTask, ProbeTask } from './load-task.ts'

type AnsweredTask = Exclude<LoadTask, ProbeTask>

async function answerTo(connections: Connections, task: AnsweredTask): Promise<LoadAnswer> {
  switch (task.do) {
    case 'send':
      return send(connections, task)
    case 'fill':
      return fill(connections, task)
    case 'consume':
      return consume(connections, task)
    case 'flow':
      return flow(connections, task)
    case 'fan-out':
      return fanOut(connections, task)
    case 'request-reply':
      return requestReply(connections, task)
    case 'transactions':
      throw new Error('JetStream has no transactions')
  }
}

async function obey({ address, task }: LoadOrder): Promise<void> {
  if (task.do === 'probe') return probe(address, task)
  const connections = await Connections.open(address)
  const answer = await answerTo(connections, task)
  await connections.close()
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

try {
  await obey(JSON.parse(process.argv[2] ?? '{}') as LoadOrder)
} catch (error) {
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

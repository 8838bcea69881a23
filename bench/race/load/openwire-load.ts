/**
 * The load of our lean OpenWire client, see load-task.ts: for rows in which a Java client would be
 * what is measured. The same for Quorate and for ActiveMQ.
 */
import type { LoadAnswer, LoadOrder } from './load-task.ts'
import { consume } from './openwire-consume.ts'
import { fanOut } from './openwire-fan-out.ts'
import { flow } from './openwire-flow.ts'
import { OpenWirePlace } from './openwire-place.ts'
import { fill, send } from './openwire-send.ts'

async function answerTo({ address, task }: LoadOrder): Promise<LoadAnswer> {
  const place = new OpenWirePlace(address)
  switch (task.do) {
    case 'send':
      return send(place, task)
    case 'fill':
      return fill(place, task)
    case 'consume':
      return consume(place, task)
    case 'flow':
      return flow(place, task)
    case 'fan-out':
      return fanOut(place, task)
    case 'transactions':
    case 'request-reply':
    case 'probe':
      throw new Error(`${task.do} is for the Java client`)
  }
}

const answer = await answerTo(JSON.parse(process.argv[2] ?? '{}') as LoadOrder)
process.stdout.write(`${JSON.stringify(answer)}\n`)
process.exit(0)

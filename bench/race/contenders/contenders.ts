import { activemq } from './activemq.ts'
import { ceiling } from './ceiling.ts'
import type { Contender } from './contender.ts'
import { nats, natsSynced } from './nats.ts'
import { quorate } from './quorate.ts'
import { rabbitmq } from './rabbitmq.ts'

/** In the order of the tables. */
export const contenders: readonly Contender[] = [
  quorate,
  activemq,
  rabbitmq,
  nats,
  natsSynced,
  ceiling,
]

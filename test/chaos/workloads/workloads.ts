import type { Workload } from '../workload.ts'
import { javaWorkload } from './java-workload.ts'
import { openwireWorkload } from './openwire-workload.ts'

/** All workloads by name, as `npm run chaos` lists them. */
export const workloads: Readonly<Record<string, Workload>> = {
  'queue-point-to-point': javaWorkload({
    name: 'point-to-point',
    describe: 'producers send to one queue, each the next message when the last one is confirmed',
    producers: 3,
    consumers: 3,
    rate: 60,
  }),
  'queue-pipelined': javaWorkload({
    name: 'pipelined',
    describe: 'producers send to one queue with up to 20 messages under way each',
    producers: 3,
    consumers: 3,
    rate: 80,
  }),
  transacted: javaWorkload({
    name: 'transacted',
    describe:
      'producers commit batches of five; forwarders receive and send on in one transaction; ' +
      'some of both are rolled back',
    producers: 2,
    consumers: 3,
    rate: 60,
  }),
  'durable-topic': javaWorkload({
    name: 'durable-topic',
    describe: 'durable subscribers of one topic acknowledge in batches, leave, and come back',
    producers: 2,
    consumers: 3,
    rate: 40,
  }),
  'competing-consumers': javaWorkload({
    name: 'competing',
    describe:
      'consumers with different prefetch compete for one queue; they acknowledge individually, in ' +
      'batches and in transactions, and now and then give back what they hold',
    producers: 3,
    consumers: 6,
    rate: 60,
  }),
  'exclusive-consumer': javaWorkload({
    name: 'exclusive',
    describe:
      'several consumers want one queue for themselves; whoever has it gives it up at times',
    producers: 2,
    consumers: 3,
    rate: 80,
  }),
  'openwire-point-to-point': openwireWorkload,
}

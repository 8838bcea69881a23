import { fileURLToPath } from 'node:url'
import type { Workload } from '../workload.ts'
import { programWorkload } from './program-workload.ts'

const program = fileURLToPath(new URL('./openwire-clients.mjs', import.meta.url))

/** Our own OpenWire test client in a process of its own, since it runs on the clients' host. */
export const openwireWorkload: Workload = programWorkload({
  describe: 'as queue-point-to-point, with our own OpenWire test client instead of the Java client',
  command: ({ cell, brokerUri }) => {
    const brokers = [...brokerUri.matchAll(/tcp:\/\/([^,)?]+)/g)].map(([, address]) => address)
    const words = ['--brokers', brokers.join(), '--queue', `${cell}.orders`]
    return { command: process.execPath, args: [...process.execArgv, program, ...words] }
  },
})

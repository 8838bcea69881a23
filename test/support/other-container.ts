import { execFileSync } from 'node:child_process'
import type { Host } from './host.ts'
import { thisMachine } from './host.ts'

const command = 'unshare'
/** What an own table of processes takes: nobody in it sees those outside. */
const words = ['--pid', '--fork', '--kill-child', '--mount-proc', '--']

/** The same files and network as here, and other processes: as in a container with our volume. */
export const otherContainer: Host = {
  address: thisMachine.address,
  commandLine: (program, args) => ({ command, args: [...words, program, ...args] }),
}

/** Why there is none here; false when there is. For `skip`. */
export function otherContainerMissing(): string | false {
  try {
    execFileSync(command, [...words, 'true'], { stdio: 'ignore' })
    return false
  } catch {
    return 'only root can make a PID namespace, with unshare (Debian: util-linux)'
  }
}

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { activemqMissing } from '../../support/failover-programs.ts'
import { withoutZookeeper } from '../../support/zookeeper.ts'

/** Programs that make the hosts, each with its Debian package. */
const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  mount: 'mount',
  unshare: 'util-linux',
  setpriv: 'util-linux',
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}

/** Everything that chaos needs and this machine lacks, as sentences; empty when it can run. */
export function missingRequirements(): string[] {
  if (process.platform !== 'linux') return ['needs Linux: hosts are network namespaces']
  const packages = Object.entries(programs)
    .filter(([program]) => !isInstalled(program))
    .map(([program, name]) => `needs ${program} (Debian: ${name})`)
  const isRoot = process.getuid?.() === 0
  const reasons = [
    isRoot ? false : 'needs root: hosts are network namespaces',
    ...packages,
    withoutZookeeper(),
    activemqMissing(),
  ]
  return reasons.filter((reason) => typeof reason === 'string')
}

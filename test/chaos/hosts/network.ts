import type { CommandLine, Host } from '../../support/host.ts'
import { hideHostNames, isInside } from './private-namespaces.ts'
import { runCommand } from './run-command.ts'

/** Addresses of the hosts are `SUBNET.11` and up; ours is `SUBNET.1`. */
const SUBNET = '10.231.77'
const BRIDGE = 'hub'
const FIRST_HOST = 11

/**
 * One list of senders that this host does not hear. Packets vanish without an answer, as on a cut
 * cable; the other direction is the other host's list.
 */
const FILTER = `
table ip cuts {
  set deaf_to { type ipv4_addr; }
  chain incoming {
    type filter hook input priority 0; policy accept;
    ip saddr @deaf_to drop
  }
}
`

/** A host of the network: a network namespace with one interface. */
export class NetworkHost implements Host {
  readonly name: string
  readonly address: string

  constructor(name: string, address: string) {
    this.name = name
    this.address = address
  }

  commandLine(command: string, args: readonly string[]): CommandLine {
    // Both replace themselves by what they start, so that the pid is that of the command.
    const within = ['netns', 'exec', this.name, 'setpriv', '--pdeathsig', 'KILL']
    return { command: 'ip', args: [...within, command, ...args] }
  }

  run(command: string, words: readonly string[], input?: string): Promise<string> {
    return runCommand('ip', ['netns', 'exec', this.name, command, ...words], input)
  }
}

/** One direction between two hosts. */
export interface DirectedLink {
  readonly from: NetworkHost
  readonly to: NetworkHost
}

/**
 * Hosts on one bridge. This process is on the bridge as well and is never cut off: it watches. Must
 * run inside namespaces of its own (see runInside), which take everything away at the end.
 */
export class Network {
  readonly #hosts = new Map<string, NetworkHost>()

  static async open(names: readonly string[]): Promise<Network> {
    if (!isInside()) throw new Error('hosts are made in private namespaces only')
    await hideHostNames()
    const network = new Network()
    await runCommand('ip', ['link', 'set', 'lo', 'up'])
    await runCommand('ip', ['link', 'add', BRIDGE, 'type', 'bridge', 'forward_delay', '0'])
    await runCommand('ip', ['addr', 'add', `${SUBNET}.1/24`, 'dev', BRIDGE])
    await runCommand('ip', ['link', 'set', BRIDGE, 'up'])
    for (const [at, name] of names.entries()) {
      const host = new NetworkHost(name, `${SUBNET}.${FIRST_HOST + at}`)
      await plugIn(host)
      network.#hosts.set(name, host)
    }
    return network
  }

  get hosts(): readonly NetworkHost[] {
    return [...this.#hosts.values()]
  }

  host(name: string): NetworkHost {
    const found = this.#hosts.get(name)
    if (found === undefined) throw new Error(`no host ${name}`)
    return found
  }

  /** Silently drops what goes over these links from now on, also on open connections. */
  async cut(links: readonly DirectedLink[]): Promise<void> {
    const sendersOf = new Map<NetworkHost, string[]>()
    for (const { from, to } of links) {
      const senders = sendersOf.get(to) ?? []
      sendersOf.set(to, [...senders, from.address])
    }
    await Promise.all(
      [...sendersOf].map(([to, senders]) =>
        to.run('nft', ['add', 'element', 'ip', 'cuts', 'deaf_to', `{ ${senders.join(', ')} }`]),
      ),
    )
  }

  /** Cuts every link between the two sides, in both directions. */
  async separate(left: readonly NetworkHost[], right: readonly NetworkHost[]): Promise<void> {
    await this.cut([...linksBetween(left, right), ...linksBetween(right, left)])
  }

  /** What the host sends goes out at this rate at most, in bits a second. */
  async slowDown(host: NetworkHost, bitsPerSecond: number): Promise<void> {
    const limits = ['rate', `${bitsPerSecond}bit`, 'burst', '16kb', 'latency', '2s']
    await host.run('tc', ['qdisc', 'replace', 'dev', 'eth0', 'root', 'tbf', ...limits])
  }

  /** All links of all hosts are whole and quick again. */
  async heal(): Promise<void> {
    await Promise.all(
      this.hosts.map(async (host) => {
        await host.run('nft', ['flush', 'set', 'ip', 'cuts', 'deaf_to'])
        const disciplines = await host.run('tc', ['qdisc', 'show', 'dev', 'eth0'])
        if (disciplines.includes('tbf')) {
          await host.run('tc', ['qdisc', 'del', 'dev', 'eth0', 'root'])
        }
      }),
    )
  }
}

export function linksBetween(
  from: readonly NetworkHost[],
  to: readonly NetworkHost[],
): DirectedLink[] {
  return from.flatMap((sender) =>
    to.filter((each) => each !== sender).map((receiver) => ({ from: sender, to: receiver })),
  )
}

async function plugIn(host: NetworkHost): Promise<void> {
  const port = `port-${host.name}`
  await runCommand('ip', ['netns', 'add', host.name])
  const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', host.name]
  await runCommand('ip', ['link', 'add', port, ...peer])
  await runCommand('ip', ['link', 'set', port, 'master', BRIDGE, 'up'])
  await host.run('ip', ['addr', 'add', `${host.address}/24`, 'dev', 'eth0'])
  await host.run('ip', ['link', 'set', 'eth0', 'up'])
  await host.run('ip', ['link', 'set', 'lo', 'up'])
  await host.run('nft', ['-f', '-'], FILTER)
}

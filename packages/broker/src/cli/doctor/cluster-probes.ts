import { connect } from 'node:net'
import { silentLog } from '@quorate/core/base/log'
import { errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { BrokerOptions } from '../../config/broker-options.ts'
import { formatHostPort } from '../../config/host-port.ts'
import type { HostPort } from '../../config/host-port.ts'
import type { LeaderHint } from '../../coordination/coordinator.ts'
import { decodeCompatibleMember } from '../../coordination/state-codec.ts'
import { parseConnectString } from '../../coordination/zookeeper/connect-string.ts'
import { refusalOf } from '../../coordination/zookeeper/client.ts'
import type { ZooKeeperClient } from '../../coordination/zookeeper/client.ts'
import { readBootstrap } from '../../coordination/znodes/first-configuration.ts'
import { Layout } from '../../coordination/znodes/layout.ts'
import { Membership } from '../../coordination/znodes/membership.ts'
import { fetchStatus } from '../../management/status-client.ts'
import { withSession } from '../zookeeper-session.ts'
import type { ClusterLook, Reach, ServerLook } from './cluster-checks.ts'
import type { PeerLook } from './peer-checks.ts'

/** Whether somebody takes connections there. */
export function probeReach({ host, port }: HostPort, timeoutMs: number): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (reach: Reach): void => {
      socket.destroy()
      resolve(reach)
    }
    socket.setTimeout(timeoutMs, () => end('no answer'))
    socket.once('connect', () => end('open'))
    socket.once('error', (error) => end(reachByErrno[errnoOf(error) ?? ''] ?? 'unreachable'))
  })
}

const reachByErrno: Readonly<Record<string, Reach>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host',
}

/** Each server of an ensemble by itself. */
export async function probeServers(
  { coordination }: BrokerOptions,
  timeoutMs: number,
): Promise<ServerLook[]> {
  const { hosts } = parseConnectString(coordination.zkAddress)
  return Promise.all(hosts.map((host) => probeServer(host, timeoutMs)))
}

async function probeServer(host: HostPort, timeoutMs: number): Promise<ServerLook> {
  const address = formatHostPort(host)
  const beganMs = performance.now()
  const reach = await probeReach(host, timeoutMs)
  if (reach !== 'open') return { address, state: 'unreachable', tookMs: 0, problem: reach }
  const serves = await withSession({ servers: address, password: '', timeoutMs }, () =>
    Promise.resolve(true),
  ).catch(() => false)
  const tookMs = performance.now() - beganMs
  return { address, state: serves ? 'serves' : 'silent', tookMs, problem: null }
}

/** What ZooKeeper holds of a cluster, and who leads it. */
export interface Announced extends ClusterLook {
  readonly leader: LeaderHint | null
}

/** Rejects when nobody answers, or the password is not the right one. */
export function probeCluster(options: BrokerOptions, timeoutMs: number): Promise<Announced> {
  const { zkAddress, zkPath, zkPassword } = options.coordination
  const { brokerName } = options
  const layout = new Layout({
    zkPath,
    brokerName,
    zkPassword: zkPassword === '' ? null : zkPassword,
  })
  const request = { servers: zkAddress, password: zkPassword, timeoutMs }
  return withSession(request, async (client) => {
    const membership = new Membership(client, layout, silentLog)
    const founded = await readBootstrap(client, layout)
    return {
      members: await orIfAbsent(membership.readMembers(), []),
      leader: await membership.readLeader(),
      foundedSeats: founded?.seats.length ?? null,
      otherNames: await otherNames(client, zkPath, brokerName),
    }
  })
}

async function orIfAbsent<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (refusalOf(error) === 'NoNode') return otherwise
    throw error
  }
}

/** Names of brokers that show themselves under the same path. */
async function otherNames(
  client: ZooKeeperClient,
  zkPath: string,
  brokerName: string,
): Promise<string[]> {
  const none: { readonly children: readonly string[] } = { children: [] }
  const { children } = await orIfAbsent(client.children(zkPath), none)
  const names = new Set<string>()
  for (const child of children) {
    const content = await client.get(`${zkPath === '/' ? '' : zkPath}/${child}`).catch(() => null)
    const member = content === null ? null : decodeCompatibleMember(content.data)
    if (member !== null && member.id !== brokerName) names.add(member.id)
  }
  return [...names].sort()
}

/** What a broker says, and its clock; or why it does not. */
export async function probePeer(
  consoleUrl: string,
  timeoutMs: number,
): Promise<PeerLook | { readonly problem: string }> {
  try {
    const status = await fetchStatus(consoleUrl, timeoutMs)
    return { status, clockOffsetMs: await clockOffsetMs(consoleUrl, timeoutMs) }
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code === 'INTERNAL') throw error
    return { problem: message }
  }
}

/** By the date of an answer, which counts whole seconds: on the average half of one is cut off. */
async function clockOffsetMs(consoleUrl: string, timeoutMs: number): Promise<number | null> {
  const beganMs = Date.now()
  const answer = await fetch(new URL('/healthz', consoleUrl), {
    method: 'HEAD',
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => null)
  const theirMs = Date.parse(answer?.headers.get('date') ?? '')
  if (Number.isNaN(theirMs)) return null
  return theirMs + 500 - (beganMs + Date.now()) / 2
}

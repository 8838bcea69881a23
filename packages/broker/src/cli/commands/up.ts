import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { spawnQuorate } from '../child-process.ts'
import { askNode } from '../cluster-picture.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { DATA_FOLDER, shownPath } from '../node-folder.ts'
import { PidFile, upPidFile } from '../pid-file.ts'
import { StopSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { agreeOnReplicas, asWritten, environmentOfNodes, writeConfig } from '../up/cluster-files.ts'
import { planCluster, portsOf } from '../up/cluster-plan.ts'
import type { ClusterPlan } from '../up/cluster-plan.ts'
import { ClusterRun } from '../up/cluster-run.ts'
import { findOffset, takenPorts } from '../up/free-ports.ts'
import { JsonReport, TextReport } from '../up/up-report.ts'
import type { UpReport } from '../up/up-report.ts'

export interface UpRequest {
  readonly data?: string | undefined
  readonly zookeeper?: string | undefined
  readonly sync?: string | undefined
  readonly replicas?: number | undefined
  readonly portOffset: number | 'auto'
  readonly restart: boolean
  readonly json: boolean
}

/** Runs a cluster on this machine until it is told to stop; returns the exit code. */
export async function up(request: UpRequest, terminal: Terminal): Promise<number> {
  const data = resolve(request.data ?? DATA_FOLDER)
  mkdirSync(data, { recursive: true })
  const pidFile = PidFile.claim(data, upPidFile)
  const signals = new StopSignals()
  try {
    const planned = await planFor(request, data)
    const { environment, leftOut } = environmentOfNodes(process.env, planned.nodes)
    const { plan, kept } = writeConfigs(planned, environment)
    if (request.portOffset !== 'auto') await refuseTakenPorts(plan)
    const report = reportFor(request, plan, terminal)
    for (const path of kept) {
      report.event({ type: 'notice', text: `${shownPath(path)} is yours: it is used as it is` })
    }
    for (const name of leftOut) {
      report.event({ type: 'notice', text: `${name} is not handed on: up plans that itself` })
    }
    const run = new ClusterRun(plan, {
      clock: systemClock,
      report,
      spawn: spawnQuorate,
      ask: askNode,
      answers,
      environment,
      restart: request.restart,
    })
    return await runUntilTold(run, signals, report)
  } finally {
    signals.release()
    pidFile.release()
  }
}

async function planFor(request: UpRequest, data: string): Promise<ClusterPlan> {
  const { zookeeper, sync } = request
  const replicas = agreeOnReplicas(data, request.replicas)
  const planAt = (portOffset: number): ClusterPlan =>
    planCluster({ data, replicas, portOffset, zookeeper, sync })
  if (request.portOffset !== 'auto') return planAt(request.portOffset)
  return planAt(await findOffset((offset) => portsOf(planAt(offset))))
}

async function refuseTakenPorts(plan: ClusterPlan): Promise<void> {
  const taken = await takenPorts(portsOf(plan))
  if (taken.length === 0) return
  const ports = taken.length === 1 ? `port ${taken[0]} is` : `ports ${taken.join(', ')} are`
  const message = `${ports} in use; quorate up --port-offset auto finds free ones`
  throw new BrokerError('ADDRESS_IN_USE', message, { details: { ports: taken } })
}

function reportFor(request: UpRequest, plan: ClusterPlan, terminal: Terminal): UpReport {
  if (request.json) return new JsonReport({ terminal, clock: systemClock })
  // Under npm the command is not on the path, but npx finds it.
  const command = process.env.npm_execpath === undefined ? 'quorate' : 'npx quorate'
  const isUsual = plan.data === resolve(DATA_FOLDER)
  const inData = isUsual ? '' : ` --data ${shownPath(plan.data)}`
  const { coordination } = plan
  return new TextReport({
    terminal,
    clock: systemClock,
    startCommand: (name) =>
      name === 'coordination' && coordination !== null
        ? `${command} coordination --bind ${coordination.bind} --directory ${shownPath(coordination.folder)}`
        : `${command} start ${name}${inData}`,
    hints: [
      `logs ${shownPath(plan.data)}/node*/broker.log · kill -9 a PID to see a takeover · Ctrl-C stops`,
    ],
  })
}

/** Writes what is ours, and takes the ports from where the user made a configuration his own. */
function writeConfigs(
  plan: ClusterPlan,
  environment: NodeJS.ProcessEnv,
): { readonly plan: ClusterPlan; readonly kept: readonly string[] } {
  const kept = plan.nodes.filter((node) => !writeConfig(node)).map((node) => node.configPath)
  return { plan: { ...plan, nodes: plan.nodes.map((node) => asWritten(node, environment)) }, kept }
}

async function runUntilTold(
  run: ClusterRun,
  signals: StopSignals,
  report: UpReport,
): Promise<number> {
  try {
    const starting = run.start()
    // A failure is raised below; a signal must not leave it unhandled.
    starting.catch(() => {})
    const told = signals.first.then(() => null)
    const ended = await Promise.race([starting.then(() => run.allDown), told])
    if (ended !== null) {
      report.event({ type: 'notice', text: 'no broker is left' })
      await run.stop()
      return ended
    }
    const outcome = await Promise.race([
      run.stop().then(() => EXIT_OK),
      signals.again.then(() => EXIT_INTERRUPTED),
    ])
    if (outcome === EXIT_INTERRUPTED) run.kill()
    return outcome
  } catch (error) {
    await run.stop()
    throw error
  } finally {
    report.close()
  }
}

/** True when something listens on this port of the loopback interface. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

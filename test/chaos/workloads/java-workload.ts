import { fileURLToPath } from 'node:url'
import { clientJars, compileJava, javaMissing, sharedJava } from '../../support/java.ts'
import type { Workload } from '../workload.ts'
import { programWorkload } from './program-workload.ts'

const folder = fileURLToPath(new URL('./java', import.meta.url))

/** What the client warns of belongs into the log of a failed cell. */
const jars = [...clientJars.filter((name) => name !== 'slf4j-nop'), 'slf4j-simple']

const modestMachine = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** An outcome that does not come within this is unknown. */
const OUTCOME_WITHIN_MS = 10_000

/**
 * A client that notices a silent broker within seconds, tries all of them at short intervals, and
 * tells the application that it does not know instead of waiting for ever.
 */
const failoverOptions = [
  'randomize=false',
  'initialReconnectDelay=50',
  'maxReconnectDelay=250',
  'useExponentialBackOff=false',
  `timeout=${OUTCOME_WITHIN_MS}`,
  'nested.connectionTimeout=2000',
  'nested.connectAttemptTimeout=2000',
  'nested.wireFormat.maxInactivityDuration=2500',
  'nested.wireFormat.maxInactivityDurationInitalDelay=2500',
].join('&')

/** A reason why the Java client cannot run here, or false. */
export function javaClientMissing(): string | false {
  return javaMissing(jars)
}

export interface JavaWorkload {
  readonly describe: string
  /** As ChaosClient.java calls it. */
  readonly name: string
  readonly producers: number
  readonly consumers: number
  /** Sends a second and producer. */
  readonly rate: number
}

/** ActiveMQ's own Java client, in one process of modest size. */
export function javaWorkload({ describe, name, ...sizes }: JavaWorkload): Workload {
  return programWorkload({
    describe,
    command: async ({ cell, brokerUri }) => {
      const words = {
        workload: name,
        cell,
        uri: `${brokerUri}?${failoverOptions}`,
        sendTimeout: OUTCOME_WITHIN_MS,
        ...sizes,
      }
      const args = Object.entries(words).flatMap(([word, value]) => [`--${word}`, String(value)])
      const classPath = await compileJava([folder, sharedJava], jars)
      return {
        command: 'java',
        args: [...modestMachine, ...logging, '-cp', classPath, main, ...args],
      }
    },
  })
}

const main = 'ChaosClient'
const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']

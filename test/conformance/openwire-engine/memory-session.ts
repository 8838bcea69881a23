import type { TestContext } from 'node:test'
import type { Command } from '@quorate/core/openwire/commands'
import {
  ScriptedClient,
  settle,
} from '../../../packages/broker/test/protocol/openwire/scripted-client.ts'
import { MemoryBroker } from '../../support/memory-broker.ts'

/** Turns of the event loop in which a command is committed and answered. */
const TURNS = 12

export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await settle()
}

/** A broker that ends with the test. */
export function start(t: TestContext): MemoryBroker {
  const broker = new MemoryBroker()
  t.after(() => broker.stop())
  return broker
}

/** A client that has greeted the broker and sent these commands, which say who it is. */
export async function connectWith(
  broker: MemoryBroker,
  ...hello: readonly Command[]
): Promise<ScriptedClient> {
  const client = await new ScriptedClient(broker.dial()).greet()
  for (const command of hello) await client.send(command)
  await settled()
  return client
}

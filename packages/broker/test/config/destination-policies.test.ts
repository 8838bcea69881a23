import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { loadBrokerOptions } from '../../src/config/load.ts'
import type { BrokerOptions } from '../../src/config/broker-options.ts'

function load(text: string, flags: Record<string, string> = {}): BrokerOptions {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-policies-'))
  try {
    writeFileSync(join(folder, 'quorate.yaml'), text)
    return loadBrokerOptions({ file: 'quorate.yaml', folder, machineName: 'vega', flags }).options
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function complaints(text: string, flags: Record<string, string> = {}): string[] {
  try {
    load(text, flags)
  } catch (error) {
    assert.ok(error instanceof BrokerError)
    return error.message.split('\n')
  }
  return []
}

describe('destination policies', () => {
  it("are none by default, and the broker's words hold everywhere", () => {
    const { policies, otherwise } = load('sendFailIfNoSpaceAfterTimeout: 3s')
    assert.deepEqual(policies, [])
    assert.deepEqual(otherwise, {
      memoryLimitBytes: 0,
      producerFlowControl: true,
      sendFailIfNoSpace: false,
      sendFailIfNoSpaceAfterTimeoutMs: 3000,
      pendingMessageLimit: 1000,
    })
  })

  it("are read in ActiveMQ's words, with the broker's for what they do not say", () => {
    const { policies } = load(
      'sendFailIfNoSpace: true\n' +
        'destinationPolicies:\n' +
        '  - { queue: ">", memoryLimit: 64mb, producerFlowControl: false }\n' +
        '  - topic: PRICES.*\n' +
        '    pendingMessageLimit: 50\n' +
        '    sendFailIfNoSpace: false\n' +
        '    sendFailIfNoSpaceAfterTimeout: 500\n' +
        '  - tempQueue: true\n',
    )
    assert.deepEqual(policies, [
      {
        destination: { kind: 'queue', name: '>' },
        memoryLimitBytes: 64 << 20,
        producerFlowControl: false,
        sendFailIfNoSpace: true,
        sendFailIfNoSpaceAfterTimeoutMs: 0,
        pendingMessageLimit: 1000,
      },
      {
        destination: { kind: 'topic', name: 'PRICES.*' },
        memoryLimitBytes: 0,
        producerFlowControl: true,
        sendFailIfNoSpace: false,
        sendFailIfNoSpaceAfterTimeoutMs: 500,
        pendingMessageLimit: 50,
      },
      {
        destination: { kind: 'temp-queue', name: '>' },
        memoryLimitBytes: 0,
        producerFlowControl: true,
        sendFailIfNoSpace: true,
        sendFailIfNoSpaceAfterTimeoutMs: 0,
        pendingMessageLimit: 1000,
      },
    ])
  })

  it('can be given on one line as a flag', () => {
    const { policies } = load('', { destinationPolicies: '[{ queue: A, memoryLimit: 1kb }]' })
    assert.equal(policies[0]?.memoryLimitBytes, 1024)
    assert.deepEqual(complaints('', { destinationPolicies: '[{ queue: A, memorylimit: 1kb }]' }), [
      '--destination-policies:1:35: destinationPolicies: unknown key "memorylimit"; ' +
        'did you mean "memoryLimit"?',
    ])
  })

  it('are refused with their place, and the nearest word', () => {
    const text =
      'destinationPolicies:\n' +
      '  - queue: A\n' +
      '    memoryLimt: 1mb\n' +
      '  - topic: B\n' +
      '    queue: B\n' +
      '  - memoryLimit: 1mb\n' +
      '  - queue: A\n' +
      '    memoryLimit: much\n' +
      '    pendingMessageLimit: -2\n' +
      '  - tempTopic: some\n' +
      '  - ">"\n'
    assert.deepEqual(complaints(text), [
      'quorate.yaml:3:5: destinationPolicies: unknown key "memoryLimt"; did you mean "memoryLimit"?',
      'quorate.yaml:11:5: destinationPolicies: a policy is a map like {queue: ">"}',
      'quorate.yaml:4:5: destinationPolicies: a policy is for one of queue, topic, tempQueue, tempTopic',
      'quorate.yaml:6:5: destinationPolicies: a policy is for one of queue, topic, tempQueue, tempTopic',
      'quorate.yaml:8:18: destinationPolicies: memoryLimit: "much" is no size like 64kb or 100mb',
      'quorate.yaml:9:26: destinationPolicies: pendingMessageLimit: "-2" must be at least -1 and at ' +
        'most 1000000',
      'quorate.yaml:7:5: destinationPolicies: a second policy for queue "A"',
      'quorate.yaml:10:16: destinationPolicies: tempTopic: must be true',
    ])
    assert.deepEqual(complaints('destinationPolicies: yes'), [
      'quorate.yaml:1:22: destinationPolicies: must be a list of policies',
    ])
  })
})

import assert from 'node:assert/strict'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { encodeFrame } from '../../../src/coordination/zookeeper/jute.ts'
import type { Jute } from '../../../src/coordination/zookeeper/jute.ts'
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
  operationOf,
  requestCodec,
  responseCodec,
} from '../../../src/coordination/zookeeper/protocol.ts'
import type { OperationName } from '../../../src/coordination/zookeeper/protocol.ts'
import type {
  SessionEffect,
  SessionEvent,
} from '../../../src/coordination/zookeeper/session-table.ts'
import { Session } from '../../../src/coordination/zookeeper/session.ts'

export const oneHost = [{ host: 'zk1', port: 2181 }]
export const password = Buffer.from('0123456789abcdef')

/** A session, its time, and what it did. */
export class Desk {
  readonly session: Session
  nowMs = 10_000
  effects: readonly SessionEffect[] = []

  constructor(hosts = oneHost, timeoutMs = 9_000) {
    this.session = new Session({ hosts, timeoutMs, random: () => 0 })
  }

  step(event: SessionEvent): readonly SessionEffect[] {
    this.effects = this.session.step(event, this.nowMs)
    return this.effects
  }

  /** Time passes, in ticks of 100 ms; all effects of them. */
  pass(ms: number): readonly SessionEffect[] {
    const effects: SessionEffect[] = []
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      this.nowMs += 100
      effects.push(...this.step({ type: 'tick' }))
    }
    return effects
  }

  goLive(response: Partial<Parameters<typeof ConnectResponse.write>[1]> = {}) {
    if (this.effects.every(({ type }) => type !== 'connect')) this.step({ type: 'start' })
    const [hello] = this.step({ type: 'opened' })
    this.step({
      type: 'frame',
      bytes: body(ConnectResponse, {
        protocolVersion: 0,
        timeoutMs: 9_000,
        sessionId: 77n,
        password,
        readOnly: false,
        ...response,
      }),
    })
    assert.ok(hello?.type === 'send')
    return ConnectRequest.read(new ByteReader(hello.bytes, 4))
  }

  ask(id: number, path = '/a', watch = false): readonly SessionEffect[] {
    const request = { path, watch }
    const noted = watch ? { watch: { kind: 'data', path } as const } : {}
    return this.step({ type: 'submit', request: { id, operation: 'getData', request, ...noted } })
  }

  reply(xid: number, { err = 0, zxid = 5n } = {}): readonly SessionEffect[] {
    return this.step({ type: 'frame', bytes: replyFrame(xid, { err, zxid }) })
  }

  tell(type: number, path: string): readonly SessionEffect[] {
    const frame = encodeFrame((writer) => {
      ReplyHeader.write(writer, { xid: -1, zxid: -1n, err: 0 })
      WatcherEvent.write(writer, { type, state: 3, path })
    })
    return this.step({ type: 'frame', bytes: frame.subarray(4) })
  }
}

const stat = {
  czxid: 1n,
  mzxid: 1n,
  ctime: 0n,
  mtime: 0n,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 1,
  numChildren: 0,
  pzxid: 1n,
}

export function body<T>(codec: Jute<T>, value: T): Buffer {
  return encodeFrame((writer) => codec.write(writer, value)).subarray(4)
}

export function replyFrame(xid: number, { err, zxid }: { err: number; zxid: bigint }): Buffer {
  const frame = encodeFrame((writer) => {
    ReplyHeader.write(writer, { xid, zxid, err })
    if (err === 0 && xid > 0) {
      responseCodec('getData').write(writer, { data: Buffer.from('x'), stat })
    }
  })
  return frame.subarray(4)
}

export function sent(effects: readonly SessionEffect[]) {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send') return []
    const reader = new ByteReader(effect.bytes, 4)
    const { xid, operation } = RequestHeader.read(reader)
    const name = operationOf(operation) ?? 'unknown'
    if (name === 'unknown') return [{ xid, name, request: {} }]
    return [{ xid, name, request: requestCodec<OperationName>(name).read(reader) }]
  })
}

export function kinds(effects: readonly SessionEffect[]): string[] {
  return effects.map((effect) => {
    if (effect.type === 'news') return effect.news
    if (effect.type === 'reject') return `reject ${effect.id} ${effect.error.code}`
    if (effect.type === 'resolve') return `resolve ${effect.id}`
    return effect.type
  })
}

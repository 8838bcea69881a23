import { createHmac, timingSafeEqual } from 'node:crypto'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'

/**
 * What two replicas say before anything else. The shared secret never crosses the wire: each side
 * proves that it knows it by an HMAC over both challenges and both names.
 *
 * ```
 *   dialer                                acceptor
 *     | hello: who, challenge ------------>  |
 *     | <-- hello: who, challenge, proof     |   proof of the acceptor
 *     | proof ---------------------------->  |   proof of the dialer
 *     | <------------------------- welcome   |
 *     | frames --------------------------->  |
 *     | <--------------------------- pulse   |   an empty frame, each second
 *
 *   message   = length u32, kind u8, fields
 *   hello (1) = magic u32 'QRPL', version u16, brokerName string16, clusterId string16 ('' = none),
 *               nodeId string16, storeUuid string16, weight u32, challenge 32 bytes, proof 32 bytes
 *   proof (2) = proof 32 bytes
 *   welcome (3)
 *   refusal (4) = reason string16
 * ```
 */
export const HANDSHAKE_BYTES_MAX = 4096
export const CHALLENGE_BYTES = 32

const MAGIC = 0x5152504c
const VERSION = 1
const PROOF_BYTES = 32
const NO_PROOF = Buffer.alloc(PROOF_BYTES)

const HELLO = 1
const PROOF = 2
const WELCOME = 3
const REFUSAL = 4

export interface Identity {
  readonly brokerName: string
  readonly clusterId: string | null
  readonly nodeId: string
  readonly storeUuid: string
  readonly weight: number
}

export interface Hello extends Identity {
  readonly challenge: Buffer
  /** All zero in the dialer's. */
  readonly proof: Buffer
}

export type HandshakeMessage =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'proof'; readonly proof: Buffer }
  | { readonly kind: 'welcome' }
  | { readonly kind: 'refusal'; readonly reason: string }

export function encodeHandshake(message: HandshakeMessage): Buffer {
  const writer = new ByteWriter().uint32(0)
  switch (message.kind) {
    case 'hello':
      writeHello(writer.uint8(HELLO), message.hello)
      break
    case 'proof':
      writer.uint8(PROOF).bytes(message.proof)
      break
    case 'welcome':
      writer.uint8(WELCOME)
      break
    case 'refusal':
      writer.uint8(REFUSAL).string16(message.reason.slice(0, 512))
      break
  }
  return writer.patchUint32(0, writer.length - 4).finish()
}

export function decodeHandshake(frame: Buffer): HandshakeMessage {
  const reader = new ByteReader(frame)
  const kind = reader.uint8()
  const message = readMessage(kind, reader)
  reader.end()
  return message
}

function readMessage(kind: number, reader: ByteReader): HandshakeMessage {
  if (kind === HELLO) return { kind: 'hello', hello: readHello(reader) }
  if (kind === PROOF) return { kind: 'proof', proof: reader.slice(PROOF_BYTES) }
  if (kind === WELCOME) return { kind: 'welcome' }
  if (kind === REFUSAL) return { kind: 'refusal', reason: reader.string16() }
  throw new BrokerError('MALFORMED_FRAME', `handshake message ${kind}`)
}

function writeHello(writer: ByteWriter, hello: Hello): void {
  writer.uint32(MAGIC).uint16(VERSION).string16(hello.brokerName)
  writer
    .string16(hello.clusterId ?? '')
    .string16(hello.nodeId)
    .string16(hello.storeUuid)
  writer.uint32(hello.weight).bytes(hello.challenge).bytes(hello.proof)
}

function readHello(reader: ByteReader): Hello {
  if (reader.uint32() !== MAGIC) throw new BrokerError('MALFORMED_FRAME', 'not a replica')
  const version = reader.uint16()
  if (version !== VERSION) {
    throw new BrokerError('UNSUPPORTED_VERSION', `replication protocol of version ${version}`)
  }
  return {
    brokerName: reader.string16(),
    clusterId: reader.string16() || null,
    nodeId: reader.string16(),
    storeUuid: reader.string16(),
    weight: reader.uint32(),
    challenge: Buffer.from(reader.slice(CHALLENGE_BYTES)),
    proof: Buffer.from(reader.slice(PROOF_BYTES)),
  }
}

/** The dialer's hello: nothing proven yet. */
export function dialerHello(self: Identity, challenge: Buffer): Hello {
  return { ...self, challenge, proof: NO_PROOF }
}

type Side = 'dialer' | 'acceptor'

/** Proves the knowledge of `secret` for one side of one conversation; of no use in any other. */
export function proofOf(secret: string, side: Side, dialer: Hello, acceptor: Hello): Buffer {
  const writer = new ByteWriter()
  writer.string16(side)
  for (const { nodeId, storeUuid, challenge } of [dialer, acceptor]) {
    writer.string16(nodeId).string16(storeUuid).bytes(challenge)
  }
  return createHmac('sha256', secret).update(writer.finish()).digest()
}

export function proves(expected: Buffer, actual: Buffer): boolean {
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** Why these two must not exchange frames, or null. */
export function mismatch(self: Identity, peer: Identity): string | null {
  if (peer.brokerName !== self.brokerName) {
    return `brokerName is "${peer.brokerName}" there and "${self.brokerName}" here`
  }
  if (peer.nodeId === self.nodeId) return `both are node "${self.nodeId}"`
  const bothKnown = peer.clusterId !== null && self.clusterId !== null
  if (bothKnown && peer.clusterId !== self.clusterId) return 'the stores belong to two clusters'
  return null
}

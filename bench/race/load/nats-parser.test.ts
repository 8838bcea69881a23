import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WireParser } from './nats-parser.ts'
import type { WireMessage } from './nats-parser.ts'

interface Seen {
  readonly subscription: number
  readonly message: Omit<WireMessage, 'data'> & { readonly data: string }
}

function parsed(chunks: readonly string[]): { messages: Seen[]; controls: string[] } {
  const messages: Seen[] = []
  const controls: string[] = []
  const parser = new WireParser({
    onMessage: (subscription, { data, ...rest }) =>
      messages.push({ subscription, message: { ...rest, data: data.toString() } }),
    onControl: (line) => controls.push(line),
  })
  for (const chunk of chunks) parser.push(Buffer.from(chunk))
  return { messages, controls }
}

describe("NATS's client protocol", () => {
  it('takes a message without a reply subject', () => {
    assert.deepEqual(parsed(['MSG a.b 7 5\r\nhello\r\n']).messages, [
      { subscription: 7, message: { subject: 'a.b', reply: null, headers: null, data: 'hello' } },
    ])
  })

  it('takes a message with a reply subject, and an empty one', () => {
    const [first, second] = parsed(['MSG a 1 r.1 2\r\nhi\r\nMSG a 1 r.2 0\r\n\r\n']).messages
    assert.equal(first?.message.reply, 'r.1')
    assert.deepEqual(second?.message, { subject: 'a', reply: 'r.2', headers: null, data: '' })
  })

  it('keeps headers and data apart', () => {
    const headers = 'NATS/1.0\r\nReply-To: x\r\n\r\n'
    const total = headers.length + 4
    const plain = parsed([`HMSG a 1 ${headers.length} ${total}\r\n${headers}data\r\n`]).messages
    assert.deepEqual(plain[0]?.message, { subject: 'a', reply: null, headers, data: 'data' })
    const replied = parsed([`HMSG a 1 r ${headers.length} ${total}\r\n${headers}data\r\n`])
    assert.equal(replied.messages[0]?.message.reply, 'r')
  })

  it('does not take a line end in the data for its end', () => {
    assert.equal(parsed(['MSG a 1 6\r\na\r\nb\r\n\r\n']).messages[0]?.message.data, 'a\r\nb\r\n')
  })

  it('hands on what is no message', () => {
    const { controls } = parsed(['INFO {"version":"2.9.10"}\r\nPING\r\nPONG\r\n-ERR \'no\'\r\n'])
    assert.deepEqual(controls, ['INFO {"version":"2.9.10"}', 'PING', 'PONG', "-ERR 'no'"])
  })

  it('is the same wherever the stream is cut', () => {
    const stream =
      'PING\r\nMSG a 1 r 5\r\nhello\r\nHMSG b 2 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPONG\r\n'
    const whole = parsed([stream])
    assert.equal(whole.messages.length, 2)
    for (let cut = 0; cut <= stream.length; cut++) {
      assert.deepEqual(parsed([stream.slice(0, cut), stream.slice(cut)]), whole)
    }
    assert.deepEqual(parsed([...stream]), whole)
  })
})

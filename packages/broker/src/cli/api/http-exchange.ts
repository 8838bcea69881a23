import { request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BrokerError } from '@quorate/core/base/errors'
import { API_ANSWER_BYTES_MAX } from './limits.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** '' for none. */
  readonly body: string
  readonly timeoutMs: number
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/**
 * One request and its answer, which is bounded. Not by fetch: that repeats what is answered with
 * 421, which is how a follower answers. Rejects with REQUEST_TIMEOUT, FRAME_TOO_LARGE, or the error
 * of the system.
 */
export function exchange({
  method,
  url,
  headers,
  body,
  timeoutMs,
}: HttpRequest): Promise<HttpAnswer> {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const request = open(url, {
      method,
      headers: body === '' ? headers : { ...headers, ...length },
      agent: false,
    })
    const late = setTimeout(() => {
      const message = `${url.origin} did not answer in ${timeoutMs} ms`
      request.destroy(new BrokerError('REQUEST_TIMEOUT', message))
    }, timeoutMs)
    request.on('error', reject)
    request.on('close', () => clearTimeout(late))
    request.on('response', (response) => void boundedText(response).then(resolve, reject))
    request.end(body)
  })
}

async function boundedText(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > API_ANSWER_BYTES_MAX) {
      const message = `an answer of more than ${API_ANSWER_BYTES_MAX} bytes`
      throw new BrokerError('FRAME_TOO_LARGE', message)
    }
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return { status: response.statusCode ?? 0, text }
}

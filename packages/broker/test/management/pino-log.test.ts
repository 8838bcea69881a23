import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createPinoLog } from '../../src/management/pino-log.ts'
import type { LogOptions } from '../../src/management/pino-log.ts'

function recorded(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, log: createPinoLog({ level: 'info', format: 'json', destination, ...options }) }
}

describe('pino log', () => {
  it('writes one JSON line with level, time, message and fields', () => {
    const { lines, log } = recorded()
    log.with({ node: 'node01' }).info('leads', { epoch: 3 })
    assert.equal(lines.length, 1)
    const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.deepEqual(rest, { level: 'info', node: 'node01', epoch: 3, msg: 'leads' })
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  })

  it('leaves out what is below its level', () => {
    const { lines, log } = recorded({ level: 'warn' })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    assert.equal(lines.length, 2)
  })

  it('never leaves out who changed what', () => {
    const { lines, log } = recorded({ level: 'error', format: 'text' })
    log.warn('a')
    log.audit('change', { user: 'ops' })
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^[\d:.]+ audit change user=ops\n$/)
  })

  it('never writes a secret, wherever it stands', () => {
    const { lines, log } = recorded()
    const secrets = { securityToken: 'hunter2', zkPassword: 'hunter2' }
    log.info('a', secrets)
    log.info('b', { replication: secrets })
    log.info('c', { options: { replication: secrets } })
    log.with(secrets).info('d')
    assert.equal(lines.length, 4)
    assert.ok(!lines.join('').includes('hunter2'))
    assert.ok(lines.every((line) => line.includes('[secret]')))
  })

  it('keeps the stack of an error', () => {
    const { lines, log } = recorded()
    log.error('failed', { error: new Error('disk on fire') })
    assert.match(lines[0] ?? '', /disk on fire/)
    assert.match(lines[0] ?? '', /pino-log\.test\.ts/)
  })

  it('writes lines for people when asked to', () => {
    const { lines, log } = recorded({ format: 'text' })
    log.warn('no quorum', { epoch: 3, why: 'two are gone', peer: 'node02' })
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}no quorum epoch=3 why="two are gone" peer=node02\n$/,
    )
  })

  it('puts the stack of an error below the line for people', () => {
    const { lines, log } = recorded({ format: 'text' })
    log.error('failed', { error: new Error('disk on fire') })
    assert.match(lines[0] ?? '', /error failed\n {4}Error: disk on fire\n {8}at /)
  })
})

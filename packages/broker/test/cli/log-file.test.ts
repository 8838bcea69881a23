import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  LOGS_KEPT,
  LOG_ROTATE_BYTES,
  complaintsIn,
  lastLines,
  openLogFile,
} from '../../src/cli/log-file.ts'

describe('log file', () => {
  it('is put aside when it has grown, and only so many are kept', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-log-'))
    const path = join(folder, 'broker.log')
    for (let round = 1; round <= LOGS_KEPT + 3; round++) {
      writeFileSync(path, `${round}`.padEnd(LOG_ROTATE_BYTES + 1, '.'))
      closeSync(openLogFile(path))
    }
    const expected = ['broker.log', 'broker.log.1', 'broker.log.2', 'broker.log.3']
    assert.deepEqual(readdirSync(folder).sort(), expected)
    assert.equal(readFileSync(path, 'utf8'), '')
    assert.match(readFileSync(`${path}.1`, 'utf8'), new RegExp(`^${LOGS_KEPT + 3}`))
    rmSync(folder, { recursive: true })
  })

  it('is continued while it is short', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-log-'))
    const path = join(folder, 'broker.log')
    writeFileSync(path, 'before\n')
    closeSync(openLogFile(path))
    assert.deepEqual(readdirSync(folder), ['broker.log'])
    assert.equal(readFileSync(path, 'utf8'), 'before\n')
    rmSync(folder, { recursive: true })
  })

  it('shows its last lines without stack frames, also of a long log', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-log-'))
    const path = join(folder, 'broker.log')
    assert.deepEqual(lastLines(path, 3), [])
    const frames = '    at f (file.ts:1:2)\n    at g (file.ts:3:4)\n'
    writeFileSync(path, `${'x'.repeat(50_000)}\none\ntwo\nError: bad\n${frames}`)
    assert.deepEqual(lastLines(path, 2), ['two', 'Error: bad'])
    rmSync(folder, { recursive: true })
  })

  it('tells what the last run complained of, and nothing of those before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-log-'))
    const path = join(folder, 'broker.log')
    writeFileSync(path, 'error of another run\n{"msg":"starts"}\nerror one\nerror two\n')
    assert.deepEqual(complaintsIn(path, 5), ['one', 'two'])
    writeFileSync(path, 'error of another run\n{"msg":"stopped"}\n')
    assert.deepEqual(complaintsIn(path, 5), [])
    rmSync(folder, { recursive: true })
  })
})

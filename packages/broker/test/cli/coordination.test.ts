import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { coordination } from '../../src/cli/commands/coordination.ts'
import type { ServerSource } from '../../src/cli/commands/coordination.ts'
import { coordinationPidFile } from '../../src/cli/pid-file.ts'
import { recordedTerminal } from './recorded-terminal.ts'

describe('quorate coordination', () => {
  it('ends with the error when the disk of its server fails', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-'))
    const failure = new BrokerError('STORE_UNAVAILABLE', 'no space left')
    const source: ServerSource = {
      start: ({ onFailure }) => {
        setImmediate(() => onFailure?.(failure))
        return Promise.resolve({ stop: () => Promise.resolve() })
      },
    }
    const request = { bind: 'tcp://127.0.0.1:0', directory, stopWithParent: false }
    try {
      await assert.rejects(coordination(request, recordedTerminal(), source), failure)
      assert.equal(existsSync(join(directory, coordinationPidFile)), false)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildProgram } from '../../src/cli/program.ts'
import { completionTable } from '../../src/cli/completion/completion-table.ts'
import { runLine } from './daily/daily-world.ts'
import { recordedTerminal } from './recorded-terminal.ts'

describe('completion in bash', () => {
  let folder = ''
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-completion-'))
    const { out } = await runLine(['completion', 'bash'])
    writeFileSync(join(folder, 'quorate.bash'), out)
    writeFileSync(join(folder, 'some-file.xml'), '')
    writeFileSync(join(folder, 'two words.xml'), '')
  })
  after(() => rmSync(folder, { recursive: true }))

  /** What a real bash offers after these words; the last one is what is being typed. */
  function offered(...words: string[]): string[] {
    const script = `source ./quorate.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_quorate
printf '%s\\n' "\${COMPREPLY[@]}"`
    const args = ['--norc', '--noprofile', '-c', script, 'bash', ...words]
    const out = execFileSync('bash', args, { cwd: folder, encoding: 'utf8' })
    return out.split('\n').filter((line) => line !== '')
  }

  it('offers commands, their commands and their options', () => {
    assert.deepEqual(offered('quorate', 'br'), ['browse'])
    assert.deepEqual(offered('quorate', 'queue', ''), [
      ...['list', 'show', 'create', 'delete', 'purge', '--help'],
    ])
    assert.deepEqual(offered('/usr/bin/quorate', 'queue', 'list', '--so'), ['--sort'])
    assert.deepEqual(offered('quorate', 'purge', '--url', 'x', 'A', '--y'), ['--yes'])
  })

  it('offers the choices of options and arguments', () => {
    const orders = ['name', 'pending', 'consumers', 'enqueued', 'dequeued']
    assert.deepEqual(offered('quorate', 'dstat', '--sort', ''), orders)
    assert.deepEqual(offered('quorate', 'dstat', '--sort', '=', 'p'), ['pending'])
    assert.deepEqual(offered('quorate', 'dstat', '--sort', '='), orders)
    assert.deepEqual(offered('quorate', 'dstat', 'q'), ['queues'])
    assert.deepEqual(offered('quorate', 'completion', 'b'), ['bash'])
  })

  it('offers files where a file belongs, and nothing where nobody can guess', () => {
    assert.deepEqual(offered('quorate', 'start', '--config', 'some'), ['some-file.xml'])
    assert.deepEqual(offered('quorate', 'start', '--config', 'two'), ['two words.xml'])
    assert.deepEqual(offered('quorate', 'purge', '--user', ''), [])
  })

  it('knows the words of activemq', () => {
    assert.deepEqual(offered('activemq', 'cons'), ['console', 'consumer'])
    assert.deepEqual(offered('activemq', 'restore'), [])
    assert.deepEqual(offered('activemq', 'browse', '--vi'), ['--view'])
    assert.deepEqual(offered('activemq', 'console', '--zk-add'), ['--zk-address'])
    assert.deepEqual(offered('activemq', 'message', 'mo'), ['move'])
  })
})

describe('completion', () => {
  it('of all shells knows every command that is not hidden', async () => {
    const line = { terminal: recordedTerminal(), args: [], version: '' }
    const paths = completionTable(buildProgram(line, { exitCode: 0 })).map(({ path }) => path)
    assert.ok(paths.includes('quorate message copy'), 'commands of commands are there')
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { exitCode, out } = await runLine(['completion', shell])
      assert.equal(exitCode, 0)
      for (const path of paths) assert.ok(out.includes(`'${path}'`), `${shell}: ${path}`)
    }
    const other = await runLine(['completion', 'tcsh'])
    assert.equal(other.exitCode, 2)
    assert.match(other.err, /Allowed choices are bash, zsh, fish/)
  })
})

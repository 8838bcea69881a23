import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runCommandLine } from '../../src/cli/program.ts'
import { brokerWith, inFolder, replicated, springFile } from '../config/xml/installation-fixture.ts'
import type { Files } from '../config/xml/installation-fixture.ts'
import { recordedTerminal } from './recorded-terminal.ts'

async function run(...args: string[]) {
  const terminal = recordedTerminal()
  const exitCode = await runCommandLine({ terminal, args, version: '9.8.7' })
  return { exitCode, ...terminal.written }
}

/** Runs a command on one of these files; the folder is still there when it has been read. */
function runOn(files: Files, file: string, ...args: string[]) {
  return inFolder(files, async (folder) => {
    const words = args.map((word) => (word === 'FILE' ? join(folder, file) : word))
    const { exitCode, out, err } = await run(...words)
    const shown = (text: string): string => text.replaceAll(`${folder}/`, '')
    return { exitCode, out: shown(out), err: shown(err) }
  })
}

const xml = springFile(brokerWith(replicated('replicas="3" zkPassword="hunter2"'), 'useJmx="true"'))
const stomp = springFile(
  brokerWith('', '').replace('uri="tcp:', 'uri="tcp://0.0.0.0:1"/><transportConnector uri="stomp:'),
)

describe('quorate config check', () => {
  it('tells each setting with its place, and what means nothing here', async () => {
    const { exitCode, out } = await runOn({ 'a.xml': xml }, 'a.xml', 'config', 'check', 'FILE')
    assert.equal(exitCode, 0)
    assert.match(out, /^a.xml: valid; broker localhost, node [\w.-]+-61619, in a cluster of 3\n/)
    assert.match(out, /\n {2}a.xml:5:34: replicas 3\n/)
    assert.match(out, /\n {2}a.xml:5:\d+: zkPassword \(hidden\)\n/)
    assert.match(out, /\naccepted without meaning\n {2}a.xml:2:\d+: "useJmx" of <broker>: /)
    assert.ok(!out.includes('hunter2'))
  })

  it('exits with 2 and all that is wrong, as text and as JSON', async () => {
    const wrong = { 'a.xml': xml.replace('replicas="3"', 'replicas="4"') }
    const text = await runOn(wrong, 'a.xml', 'config', 'check', 'FILE')
    assert.equal(text.exitCode, 2)
    assert.equal(
      text.err,
      'error a.xml:5:34: replicas: "4" is none of 1, 3, 5' +
        ' (three survive the loss of one, five of two; an even number survives no more than one fewer)\n',
    )
    const json = await runOn(wrong, 'a.xml', 'config', 'check', '--json', 'FILE')
    assert.equal(json.exitCode, 2)
    assert.deepEqual(JSON.parse(json.out), {
      file: 'a.xml',
      isValid: false,
      problems: [
        {
          where: 'a.xml:5:34',
          message:
            'replicas: "4" is none of 1, 3, 5' +
            ' (three survive the loss of one, five of two; an even number survives no more than one fewer)',
        },
      ],
      unsupported: [],
    })
  })

  it('exits with 2 for what is not supported, and with 0 when that is to be ignored', async () => {
    const files = { 'a.xml': stomp }
    const strict = await runOn(files, 'a.xml', 'config', 'check', 'FILE')
    assert.equal(strict.exitCode, 2)
    assert.match(strict.err, /a connector for stomp: is ActiveMQ's, not yet Quorate's/)
    const lenient = ['config', 'check', '--ignore-unsupported', '--json', 'FILE']
    const { exitCode, out } = await runOn(files, 'a.xml', ...lenient)
    assert.equal(exitCode, 0)
    const told = JSON.parse(out) as { unsupported: unknown[]; settings: object }
    assert.equal(told.unsupported.length, 1)
    assert.ok('transportConnectors' in told.settings)
  })

  it('tells what a limit in percent comes to on the disk here', async () => {
    const files = { 'a.yaml': 'storeLimitPercent: 50\ntempLimitPercent: 20\n' }
    const text = await runOn(files, 'a.yaml', 'config', 'check', 'FILE')
    assert.match(
      text.out,
      /a.yaml:1:20: storeLimitPercent 50 \(\d+\.\d [MGT]B of the disk here\)\n/,
    )
    const { out } = await runOn(files, 'a.yaml', 'config', 'check', '--json', 'FILE')
    const { settings } = JSON.parse(out) as { settings: Record<string, { bytes?: number }> }
    const { storeLimitPercent: store, tempLimitPercent: temp } = settings
    assert.ok(store?.bytes !== undefined && temp?.bytes !== undefined)
    assert.ok(Math.abs(store.bytes - 2.5 * temp.bytes) <= 4)
  })

  it('reads a quorate.yaml too, and takes -D for placeholders', async () => {
    const yaml = await runOn({ 'a.yaml': 'weight: 2\n' }, 'a.yaml', 'config', 'check', 'FILE')
    assert.match(yaml.out, /^a.yaml: valid;[\s\S]*a.yaml:1:9: weight 2\n/)
    const files = { 'a.xml': xml.replace('"3"', '"${n}"') }
    const defined = await runOn(files, 'a.xml', 'config', 'check', '-Dn=5', 'FILE')
    assert.match(defined.out, /in a cluster of 5/)
    const wrong = await run('config', 'check', '-Dn', 'a.xml')
    assert.equal(wrong.exitCode, 2)
    assert.match(wrong.err, /It is no name=value/)
  })
})

describe('what came out of the environment', () => {
  it('is not told by quorate config check, whatever it became', async () => {
    const connector = '<transportConnector name="b" uri="tcp://${HOME}:1"/></transportConnectors>'
    const files = {
      'a.xml': springFile(brokerWith(replicated('bind="${HOME}"'))),
      'b.xml': springFile(brokerWith('').replace('</transportConnectors>', connector)),
    }
    const secret = 'hunter2.example'
    const home = process.env.HOME
    process.env.HOME = secret
    try {
      for (const file of Object.keys(files)) {
        const { out, err } = await runOn(files, file, 'config', 'check', 'FILE')
        assert.match(`${out}${err}`, /\$\{HOME\}/)
        assert.ok(!`${out}${err}`.includes(secret))
      }
    } finally {
      process.env.HOME = home
    }
  })
})

describe('quorate config convert', () => {
  it('writes an activemq.xml as quorate.yaml, and that as activemq.xml again', async () => {
    const files = { 'a.xml': xml.replace('zkPassword="hunter2"', 'directory="db"') }
    const { exitCode, out } = await runOn(files, 'a.xml', 'config', 'convert', 'FILE')
    assert.equal(exitCode, 0)
    assert.match(out, /^nodeId: .*-61619$/m)
    assert.match(out, /^directory: db$/m)
    assert.match(out, /^transportConnectors:\n {2}- name: openwire\n {4}uri: tcp:\/\/0/m)
    const back = await runOn({ 'a.yaml': out }, 'a.yaml', 'config', 'convert', 'FILE')
    assert.equal(back.exitCode, 0)
    assert.match(back.out, /<replicatedLevelDB directory="\$\{activemq.conf\}\/db" replicas="3"\/>/)
    const json = await runOn(files, 'a.xml', 'config', 'convert', '--json', 'FILE')
    assert.equal((JSON.parse(json.out) as { text: string }).text, out)
  })

  it('says what it leaves out', async () => {
    const words = ['config', 'convert', '--ignore-unsupported', 'FILE']
    const { exitCode, err } = await runOn({ 'a.xml': stomp }, 'a.xml', ...words)
    assert.equal(exitCode, 0)
    assert.match(err, /note left out: a.xml:3:\d+: a connector for stomp/)
  })
})

describe('quorate config schema', () => {
  it('prints a JSON Schema of all settings', async () => {
    const { exitCode, out } = await run('config', 'schema')
    assert.equal(exitCode, 0)
    const schema = JSON.parse(out) as { properties: Record<string, { enum?: number[] }> }
    assert.deepEqual(schema.properties.replicas?.enum, [1, 3, 5])
    assert.ok('destinationPolicies' in schema.properties)
  })
})

describe('quorate start with an activemq.xml', () => {
  it('stops before anything runs when the file is wrong', async () => {
    const files = { 'conf/activemq.xml': xml.replace('replicas=', 'replcas=') }
    const start = await runOn(files, 'conf/activemq.xml', 'start', 'FILE')
    assert.equal(start.exitCode, 2)
    assert.match(start.err, /^error conf\/activemq.xml:5:24: unknown attribute "replcas"/)
    const xbean = await run('start', 'xbean:no-such-folder/activemq.xml')
    assert.equal(xbean.exitCode, 2)
    assert.match(xbean.err, /^error xbean:no-such-folder\/activemq.xml: no such file; looked for/)
    const other = await run('start', 'broker:(tcp://localhost:61616)')
    assert.match(other.err, /only xbean: and files can be started from/)
    const both = await run('start', 'a.xml', '--config', 'b.yaml')
    assert.match(both.err, /give a.xml or --config, not both/)
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BrokerError } from '@quorate/core/base/errors'
import { flagOf, settingNames, variableOf } from '../../src/config/broker-settings.ts'
import { loadBrokerOptions } from '../../src/config/load.ts'
import type { LoadRequest, LoadedSettings } from '../../src/config/load.ts'
import { inFolder } from './xml/installation-fixture.ts'

/** Loads a file with this text, in a folder of its own. */
function load(text: string, request: LoadRequest = {}): LoadedSettings {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-config-'))
  try {
    writeFileSync(join(folder, 'quorate.yaml'), text)
    return loadBrokerOptions({ file: 'quorate.yaml', folder, machineName: 'vega', ...request })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The lines of the complaint about this file. */
function complaints(text: string, request: LoadRequest = {}): string[] {
  try {
    load(text, request)
  } catch (error) {
    assert.ok(error instanceof BrokerError)
    assert.equal(error.code, 'CONFIG_INVALID')
    return error.message.split('\n')
  }
  return []
}

describe('loading options', () => {
  it('has defaults that are valid, safe and complete', () => {
    const { options } = loadBrokerOptions({ machineName: 'vega', folder: tmpdir() })
    assert.equal(options.brokerName, 'localhost')
    assert.equal(options.nodeId, 'vega')
    assert.deepEqual(options.management, { host: '127.0.0.1', port: 8161, users: [] })
    assert.deepEqual(options.replication, {
      replicas: 3,
      sync: {
        words: 'quorum_disk',
        leaderDisk: true,
        waitsForFollowers: true,
        followerDisk: true,
      },
      bind: 'tcp://0.0.0.0:61619',
      advertisedAddress: 'vega:61619',
      securityToken: '',
      weight: 1,
      logSizeBytes: 104_857_600,
      heartbeatMs: 100,
      stickyMs: 800,
      leaseMs: 600,
      quorumTimeoutMs: 2000,
      bootstrapGraceMs: 10_000,
      stepDownOnZkExpiry: false,
    })
    assert.deepEqual(options.coordination, {
      zkAddress: '127.0.0.1:2181',
      zkPath: '/default',
      zkPassword: '',
      zkSessionTimeoutMs: 8000,
    })
  })

  it('freezes what it returns, to the bottom', () => {
    const { options } = loadBrokerOptions({})
    assert.ok(Object.isFrozen(options))
    assert.ok(Object.isFrozen(options.replication.sync))
    assert.ok(Object.isFrozen(options.transportConnectors[0]))
  })

  it('prefers flags to variables, variables to the file, and the file to defaults', () => {
    const text = 'weight: 2\nreplicas: 5\nbrokerName: file\nzkPath: /file'
    const environment = { QUORATE_WEIGHT: '3', QUORATE_REPLICAS: '1' }
    const { options } = load(text, { environment, flags: { weight: '4' } })
    assert.equal(options.replication.weight, 4)
    assert.equal(options.replication.replicas, 1)
    assert.equal(options.brokerName, 'file')
    assert.equal(options.replication.heartbeatMs, 100)
  })

  it('reads durations and sizes with units', () => {
    const { replication } = load('heartbeat: 50ms\nquorumTimeout: 3s\nlogSize: 1mb\n').options
    assert.equal(replication.heartbeatMs, 50)
    assert.equal(replication.quorumTimeoutMs, 3000)
    assert.equal(replication.logSizeBytes, 1_048_576)
  })

  it('reads JSON, which is YAML', () => {
    const json = JSON.stringify({ nodeId: 'n1', replicas: 1, stepDownOnZkExpiry: true })
    const { options } = load(json)
    assert.equal(options.nodeId, 'n1')
    assert.equal(options.replication.stepDownOnZkExpiry, true)
  })

  it('reads connectors as URIs or in full, from a file and from a flag', () => {
    const text = [
      'transportConnectors:',
      '  - tcp://127.0.0.1:1',
      '  - {name: second, uri: "tcp://0.0.0.0:2?maximumConnections=5", publishedUri: tcp://far:9}',
      '  - {uri: "tcp://0.0.0.0:3"}',
    ]
    assert.deepEqual(load(text.join('\n')).options.transportConnectors, [
      { name: 'openwire', uri: 'tcp://127.0.0.1:1', publishedUri: '' },
      {
        name: 'second',
        uri: 'tcp://0.0.0.0:2?maximumConnections=5',
        publishedUri: 'tcp://far:9',
      },
      { name: 'openwire-3', uri: 'tcp://0.0.0.0:3', publishedUri: 'tcp://vega:3' },
    ])
    const flags = { transportConnectors: 'tcp://127.0.0.1:7, tcp://127.0.0.1:8' }
    const uris = loadBrokerOptions({ flags }).options.transportConnectors.map(({ uri }) => uri)
    assert.deepEqual(uris, ['tcp://127.0.0.1:7', 'tcp://127.0.0.1:8'])
  })

  it('tells the others an address that they can reach', () => {
    const addressOf = (text: string): string => load(text).options.replication.advertisedAddress
    assert.equal(addressOf('bind: tcp://0.0.0.0:63631'), 'vega:63631')
    assert.equal(addressOf('bind: tcp://127.0.0.1:63631'), '127.0.0.1:63631')
    assert.equal(addressOf('bind: tcp://0.0.0.0:1\nhostname: n1'), 'n1:1')
    assert.equal(addressOf('bind: tcp://0.0.0.0:1\nconnectUrl: tcp://nat:99'), 'nat:99')
  })

  it('starts relative directories of a file at that file, of a flag where we are', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-config-'))
    writeFileSync(join(folder, 'quorate.yaml'), 'directory: here')
    const file = join(folder, 'quorate.yaml')
    const elsewhere = tmpdir()
    const byFile = loadBrokerOptions({ file, folder: elsewhere })
    assert.equal(byFile.options.dataDirectory, join(folder, 'here'))
    const byFlag = loadBrokerOptions({ file, folder: elsewhere, flags: { directory: 'there' } })
    assert.equal(byFlag.options.dataDirectory, join(elsewhere, 'there'))
    rmSync(folder, { recursive: true })
  })

  it('reads the users of the HTTP API from a file beside its own', () => {
    inFolder(
      {
        'conf/quorate.yaml': 'consoleUsers: users.properties\n',
        'conf/users.properties': 'admin: secret, admin\n',
        'conf/old.properties': 'admin: CRYPT:adpexzg3FUZAk, admin\n',
      },
      (folder) => {
        const { options } = loadBrokerOptions({ file: 'conf/quorate.yaml', folder })
        const [admin] = options.management.users
        assert.deepEqual([admin?.name, admin?.roles], ['admin', ['admin']])
        const missing = { flags: { consoleUsers: 'none.properties' }, folder }
        assert.throws(() => loadBrokerOptions(missing), /none\.properties: no such file/)
        const old = { flags: { consoleUsers: 'conf/old.properties' }, folder }
        assert.throws(() => loadBrokerOptions(old), /user "admin": passwords kept as CRYPT:/)
      },
    )
  })

  it('warns of what is allowed but weak', () => {
    assert.deepEqual(load('bind: tcp://127.0.0.1:1').doubts, [])
    const { doubts, openDoors } = load('sync: quorum_mem\nconsoleHost: 0.0.0.0')
    assert.match(doubts.join('\n'), /^sync quorum_mem: .* can be lost.*$/)
    const [token = '', api = '', ...others] = openDoors
    assert.match(token, /^no securityToken/)
    assert.match(api, /HTTP API has no TLS/)
    assert.deepEqual(others, [])
  })

  it('understands the example of the documentation', () => {
    const here = dirname(fileURLToPath(import.meta.url))
    const file = join(here, '../../../../docs/reference/quorate.yaml')
    assert.equal(loadBrokerOptions({ file }).options.nodeId, 'node01')
  })
})

describe('a configuration that is not valid', () => {
  it('is refused with file, line, column and the word that was meant', () => {
    assert.deepEqual(complaints('brokerName: a\nreplcas: 3\n'), [
      'quorate.yaml:2:1: unknown key "replcas"; did you mean "replicas"?',
    ])
    const [sync = ''] = complaints('\nsync: quorum_disc\n')
    assert.match(sync, /^quorate.yaml:2:7: sync: unknown word "quorum_disc"; did you mean "quorum_/)
    assert.match(sync, /local_mem, local_disk, remote_mem, remote_disk, quorum_mem, quorum_disk/)
  })

  it('is told everything at once', () => {
    const text = 'replicas: 2\nheartbeat: soon\nlogSize: big\nweight: -1\nstepDownOnZkExpiry: maybe'
    assert.deepEqual(complaints(text).sort(), [
      'quorate.yaml:1:11: replicas: "2" is none of 1, 3, 5' +
        ' (three survive the loss of one, five of two; an even number survives no more than one fewer)',
      'quorate.yaml:2:12: heartbeat: "soon" is no duration like 800ms or 2s',
      'quorate.yaml:3:10: logSize: "big" is no size like 64kb or 100mb',
      'quorate.yaml:4:9: weight: "-1" must be at least 0 and at most 1000000',
      'quorate.yaml:5:21: stepDownOnZkExpiry: "maybe" is neither true nor false',
    ])
  })

  it('names the flag or variable at fault', () => {
    assert.deepEqual(complaints('', { flags: { zkSessionTimeout: 'x' } }), [
      '--zk-session-timeout: zkSessionTimeout: "x" is no duration like 800ms or 2s',
    ])
    assert.deepEqual(complaints('', { environment: { QUORATE_REPLICAS: '4' } }), [
      'QUORATE_REPLICAS: replicas: "4" is none of 1, 3, 5' +
        ' (three survive the loss of one, five of two; an even number survives no more than one fewer)',
    ])
  })

  it('refuses a mistyped variable, but not those of other programs', () => {
    assert.deepEqual(complaints('', { environment: { QUORATE_SNYC: 'local_mem' } }), [
      'QUORATE_SNYC: unknown variable; did you mean "QUORATE_SYNC"?',
    ])
    const environment = { QUORATE_PORT_61616_TCP_ADDR: '10.0.0.1', QUORATEX: '1', PATH: 'x' }
    assert.deepEqual(complaints('', { environment }), [])
  })

  it('never shows a secret', () => {
    const text = complaints('securityToken: [hunter2]\nzkPassword: {a: hunter2}').join('\n')
    assert.match(text, /securityToken/)
    assert.ok(!text.includes('hunter2'))
  })

  it('is refused when the file is missing, too large, or no YAML of ours', () => {
    assert.match(complaints('', { file: 'other.yaml' }).join(), /^other.yaml: no such file$/)
    assert.match(complaints('#'.repeat(300_000)).join(), /larger than 262144 bytes/)
    assert.match(complaints('- a\n- b').join(), /^quorate.yaml:1:1: expected settings/)
    assert.match(complaints('a: [').join(), /^quorate.yaml:\d+:\d+: /)
    assert.match(complaints('weight: 1\nweight: 2').join(), /^quorate.yaml:2:1: .*unique/)
    assert.match(complaints('weight:').join(), /^quorate.yaml:1:\d+: weight: has no value/)
    assert.match(complaints('a: &x 1\nweight: *x').join('\n'), /weight/)
    assert.deepEqual(complaints(''), [])
    assert.deepEqual(complaints('# only a comment\n'), [])
  })

  it('is refused for connectors that cannot be listened on', () => {
    const reasons: readonly (readonly [string, RegExp])[] = [
      ['transportConnectors: tcp://h:1', /must be a list/],
      ['transportConnectors: []', /at least one/],
      [`transportConnectors: [${'"tcp://h:1",'.repeat(17)}]`, /at most 16/],
      ['transportConnectors: [{name: a}]', /needs a uri/],
      ['transportConnectors: [{url: a}]', /unknown key "url"; did you mean "uri"/],
      ['transportConnectors: ["http"]', /is no tcp:\/\/host:port/],
      ['transportConnectors: ["mqtt://0.0.0.0:1883"]', /only tcp and nio are supported/],
      [
        'transportConnectors: ["tcp://h:1?backlogs=5"]',
        /'backlogs' in .* is not an option we know/,
      ],
      ['transportConnectors: [{name: a, uri: "tcp://h:1"},{name: a, uri: "tcp://h:2"}]', /two/],
    ]
    for (const [text, expected] of reasons) assert.match(complaints(text).join('\n'), expected)
  })

  it('is refused for settings that do not fit each other', () => {
    const reasons: readonly (readonly [string, RegExp])[] = [
      ['leaderLease: 800ms', /:1:14: leaderLease: 800ms must be below electionTimeout/],
      ['electionTimeout: 500ms', /:1:18: leaderLease: 600ms must be below electionTimeout/],
      ['heartbeat: 400ms', /:1:12: heartbeat: 400ms must fit 2 times into leaderLease/],
      ['quorumTimeout: 800ms', /:1:16: quorumTimeout: 800ms must be above electionTimeout/],
      ['zkSessionTimeout: 500ms\nheartbeat: 300ms', /zkSessionTimeout: 500ms must be at least/],
      ['consolePort: 61616', /port 61616 is used twice/],
      ['bind: tcp://127.0.0.1:8161', /port 8161 is used twice/],
      ['bind: 127.0.0.1:1', /"127.0.0.1:1" is no tcp:\/\/host:port/],
      ['connectUrl: tcp://h:0', /connectUrl: "tcp:\/\/h:0" is no tcp/],
      ['zkAddress: localhost', /zkAddress: "localhost" is no host:port/],
      ['zkAddress: "a:1,b:2/x//y"', /is no path to start from/],
      ['zkPath: activemq', /zkPath: "activemq" is not an absolute path/],
      ['zkPath: /a/', /zkPath: .* without a slash at its end/],
      ['nodeId: a/b', /nodeId: "a\/b" is not up to 64 letters/],
      ['brokerName: ""', /brokerName: "" is not up to 64 letters/],
      ['directory: ""', /directory: must not be empty/],
    ]
    for (const [text, expected] of reasons) assert.match(complaints(text).join('\n'), expected)
    assert.deepEqual(complaints('zkAddress: "a:1,b:2/chroot/deep"'), [])
  })
})

describe('the words of a setting', () => {
  it('are unique as flags and as variables', () => {
    assert.equal(new Set(settingNames.map(flagOf)).size, settingNames.length)
    assert.equal(new Set(settingNames.map(variableOf)).size, settingNames.length)
    assert.equal(flagOf('stepDownOnZkExpiry'), 'step-down-on-zk-expiry')
    assert.equal(variableOf('zkAddress'), 'QUORATE_ZK_ADDRESS')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { join } from 'node:path'
import { quorateArguments } from '../../src/cli/activemq-words.ts'
import { configurationFile, isConfigurationFile } from '../../src/cli/configuration-file.ts'
import { inFolder } from '../config/xml/installation-fixture.ts'

describe('the words of the activemq command', () => {
  it('start in the background, run in the foreground, stop and ask', () => {
    const of = (text: string): string => quorateArguments(text.split(' ')).join(' ')
    assert.equal(of('start'), 'start xbean:activemq.xml --daemon')
    assert.equal(of('console xbean:a.xml -Dn=1'), 'start xbean:a.xml -Dn=1')
    assert.equal(of('start -Dn=1'), 'start xbean:activemq.xml --daemon -Dn=1')
    assert.equal(of('console -D n=1.xml xbean:a.xml'), 'start xbean:a.xml -D n=1.xml')
    assert.equal(
      of('start --ignore-unsupported a.xml'),
      'start a.xml --daemon --ignore-unsupported',
    )
    assert.equal(of('stop'), 'stop --config xbean:activemq.xml')
    assert.equal(of('status conf/a.xml'), 'status --config conf/a.xml')
    assert.equal(of('--version'), '--version')
    assert.deepEqual(quorateArguments([]), ['--help'])
  })

  it('that are not there yet are named', () => {
    assert.throws(() => quorateArguments(['statsu']), {
      code: 'UNSUPPORTED',
      message: /^activemq statsu is not there; there are start, .*; did you mean "status"\?$/,
    })
  })

  it('and those for daily work are the same under both names', () => {
    const words = ['dstat', 'queues', '--sort', 'pending']
    assert.deepEqual(quorateArguments(words), words)
    assert.deepEqual(quorateArguments(['purge', '-y', 'A']), ['purge', '-y', 'A'])
  })
})

describe('a configuration on the command line', () => {
  it('is told apart from a node', () => {
    const files = ['xbean:activemq.xml', 'conf/activemq.xml', 'a.yaml', 'a.yml', 'broker:(x)']
    assert.deepEqual(files.filter(isConfigurationFile), files)
    assert.equal(isConfigurationFile('node02'), false)
  })

  it('is looked for where ActiveMQ looks', () => {
    inFolder({ 'conf/activemq.xml': '', 'base/conf/other.xml': '' }, (folder) => {
      const environment = {
        ACTIVEMQ_CONF: join(folder, 'conf'),
        ACTIVEMQ_BASE: join(folder, 'base'),
      }
      const inConf = join(folder, 'conf/activemq.xml')
      assert.equal(configurationFile('xbean:activemq.xml', environment), inConf)
      assert.equal(configurationFile(`xbean:file:${inConf}?validate=false`, {}), inConf)
      const inBase = join(folder, 'base/conf/other.xml')
      assert.equal(configurationFile('xbean:other.xml', environment), inBase)
    })
  })
})

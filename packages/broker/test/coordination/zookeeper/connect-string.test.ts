import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConnectString } from '../../../src/coordination/zookeeper/connect-string.ts'

describe('ZooKeeper connect string', () => {
  it('names hosts, ports and a chroot', () => {
    assert.deepEqual(parseConnectString('zk1:2191, zk2 ,[::1]:2193,[fe80::1]/quorate/prod'), {
      hosts: [
        { host: 'zk1', port: 2191 },
        { host: 'zk2', port: 2181 },
        { host: '::1', port: 2193 },
        { host: 'fe80::1', port: 2181 },
      ],
      chroot: '/quorate/prod',
    })
    assert.equal(parseConnectString('zk1:2181').chroot, '')
    assert.equal(parseConnectString('zk1:2181/').chroot, '')
  })
  it('refuses what makes no sense, by naming it', () => {
    const refuses = (text: string, why: RegExp) =>
      assert.throws(() => parseConnectString(text), { code: 'CONFIG_INVALID', message: why })
    refuses('', /no host/)
    refuses('/chroot', /no host/)
    refuses('a:b', /"a:b" is not host:port/)
    refuses('::1', /is not host:port/)
    refuses('a:0', /0 is no port/)
    refuses('a:65536', /65536 is no port/)
    refuses('a:2181/b/', /ends with/)
    refuses(Array.from({ length: 65 }, (_, i) => `h${i}`).join(','), /more than 64/)
  })
})

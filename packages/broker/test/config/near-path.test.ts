import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearPath } from '../../src/config/near-path.ts'

describe('a path near a configuration', () => {
  it('is written from the folder of the file', () => {
    assert.equal(nearPath('/srv/mq/data', '/srv/mq'), 'data')
    assert.equal(nearPath('/srv/mq', '/srv/mq'), '')
    assert.equal(nearPath('/srv/mq/data', '/srv/mq/conf'), '../data')
    assert.equal(nearPath('/srv/mq/data', '/srv/mq/nodes/conf'), '../../data')
    assert.equal(nearPath('/srv/mq/..data', '/srv/mq'), '..data')
  })

  it('is none of another installation, or with nothing in common but the root', () => {
    assert.equal(nearPath('/srv/mq/data', '/srv/mq/a/b/conf'), undefined)
    assert.equal(nearPath('/var/lib/mq', '/etc/mq'), undefined)
    assert.equal(nearPath('/data', '/etc'), undefined)
    assert.equal(nearPath('/etc', '/'), 'etc')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diskKindOf, kindOf, mountOf, parseMounts } from './disk-kind.ts'

const mountInfo = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:5 / /tmp rw - tmpfs none rw
24 22 259:1 / /data rw master:1 - xfs /dev/nvme0n1p1 rw
`

describe('diskKindOf', () => {
  it('goes by the deepest mount that a path is in', () => {
    const mounts = parseMounts(mountInfo)
    assert.equal(mountOf('/tmp/run', mounts)?.fileSystem, 'tmpfs')
    assert.equal(mountOf('/tmpfoo', mounts)?.fileSystem, 'ext4')
    assert.equal(mountOf('/data', mounts)?.device, '259:1')
  })

  it('tells what kind of disk it is, and never its name', () => {
    const kinds = parseMounts(mountInfo).map((mount) => kindOf(mount, false))
    assert.deepEqual(kinds, ['ext4 on a virtual disk', 'memory (tmpfs)', 'xfs on NVMe'])
    const disk = { fileSystem: 'ext4', source: '/dev/sda1' }
    assert.equal(kindOf(disk, true), 'ext4 on a rotating disk')
    assert.equal(kindOf(disk, false), 'ext4 on a solid-state disk')
    assert.equal(kindOf({ fileSystem: 'overlay', source: 'overlay' }, null), 'overlay')
  })

  it('does not fail for a directory that is not there', () => {
    assert.equal(diskKindOf('/nowhere/at/all'), 'unknown')
  })
})

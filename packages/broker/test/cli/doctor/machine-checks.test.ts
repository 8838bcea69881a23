import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  judgeDescriptors,
  judgeDirectory,
  judgeDisk,
  judgeHost,
  judgeNodeVersion,
  judgePort,
  roomOfDisk,
} from '../../../src/cli/doctor/machine-checks.ts'
import { examinedNode } from './examined-nodes.ts'

const GB = 1024 ** 3
const { options } = examinedNode('node01', { storeLimit: '10gb' })

describe('what the doctor says of a machine', () => {
  it('a host name has to resolve, and should not be what every machine calls itself', () => {
    const look = { host: 'node01', addresses: ['10.0.0.1'], problem: null, isHere: true }
    assert.equal(judgeHost('n', look, 'zk1:2181').outcome, 'ok')
    const absent = { ...look, addresses: [], problem: 'ENOTFOUND' }
    const { outcome, message } = judgeHost('n', absent, 'zk1:2181')
    assert.deepEqual([outcome, message], ['failed', '"node01" does not resolve (ENOTFOUND)'])
    const loopback = { ...look, addresses: ['127.0.1.1'] }
    assert.equal(judgeHost('n', loopback, 'zk1:2181,zk2:2181').outcome, 'warning')
    assert.equal(judgeHost('n', loopback, 'localhost:2181,127.0.0.1:2182').outcome, 'ok')
    assert.equal(judgeHost('n', { ...look, isHere: false }, 'zk1:2181').outcome, 'warning')
  })

  it('a disk needs more than what is kept free', () => {
    const disk = { path: '/d', totalBytes: 100 * GB, syncMs: [1], problem: null }
    const outcomes = [50, 5, 0.5, 0.25].map((free) => {
      const [space] = judgeDisk('n', { ...disk, freeBytes: free * GB }, options)
      return space?.outcome
    })
    assert.deepEqual(outcomes, ['ok', 'ok', 'warning', 'failed'])
    const [space] = judgeDisk('n', { ...disk, freeBytes: 5 * GB }, options)
    assert.match(space?.message ?? '', /storeLimit is 10\.0 GB, the disk has less/)
  })

  it('a disk has room for new messages up to storeLimit, less what is kept free', () => {
    const disk = { path: '/d', totalBytes: 100 * GB, syncMs: [1], problem: null }
    const rooms = [50, 5, 0.1].map((free) => roomOfDisk({ ...disk, freeBytes: free * GB }, options))
    assert.deepEqual(rooms, [10 * GB, 4.75 * GB, 0])
  })

  it('a limit in percent is told with what it comes to on the disk', () => {
    const { options } = examinedNode('node01', { storeLimitPercent: '10' })
    const disk = { path: '/d', totalBytes: 100 * GB, syncMs: [1], problem: null }
    const told = [50, 5].map((free) => {
      const [space] = judgeDisk('n', { ...disk, freeBytes: free * GB }, options)
      return space?.message.split('; ')[1]
    })
    const share = 'storeLimit is 10.0 GB (10% of the disk)'
    assert.deepEqual(told, [share, `${share}, less is free`])
    assert.equal(roomOfDisk({ ...disk, freeBytes: 50 * GB }, options), 10 * GB)
  })

  it('a disk is written to, and quickly', () => {
    const disk = { path: '/d', freeBytes: 50 * GB, totalBytes: 100 * GB, problem: null }
    const [, quick] = judgeDisk('n', { ...disk, syncMs: [0.5, 80, 0.6] }, options)
    assert.equal(quick?.outcome, 'ok')
    assert.equal(quick?.message, 'a write is on the disk after 0.60 ms (worst 80 ms)')
    const [, slow] = judgeDisk('n', { ...disk, syncMs: [30, 31, 32] }, options)
    assert.equal(slow?.outcome, 'warning')
    const [, closed] = judgeDisk('n', { ...disk, syncMs: [], problem: 'EACCES' }, options)
    assert.deepEqual([closed?.outcome, closed?.message], ['failed', '/d cannot be written: EACCES'])
  })

  it('files may be opened for all clients that may connect', () => {
    const outcomes = [1024, 4096, Infinity, null].map(
      (limit) => judgeDescriptors('n', limit, options).outcome,
    )
    assert.deepEqual(outcomes, ['warning', 'ok', 'ok', 'unknown'])
  })

  it('a port is free, or of the broker itself, and a directory is its own', () => {
    const port = { setting: 'bind', host: '0.0.0.0', port: 61619 }
    assert.equal(judgePort('n', { ...port, state: 'free', holder: '' }).outcome, 'ok')
    assert.equal(judgePort('n', { ...port, state: 'ours', holder: 'pid 1' }).outcome, 'ok')
    const taken = judgePort('n', { ...port, state: 'taken', holder: 'pid 7, java' })
    assert.equal(taken.message, '0.0.0.0:61619 is taken by pid 7, java')
    assert.equal(taken.advice, 'stop that, or change bind')
    const away = judgePort('n', { ...port, state: 'not ours to listen at', holder: '' })
    assert.equal(away.outcome, 'failed')
    const owner = { nodeId: 'node01', brokerName: 'orders' }
    const directory = { path: '/d', holderPid: null, owner }
    assert.equal(judgeDirectory(options, directory).outcome, 'ok')
    const said = [
      { ...owner, nodeId: 'node02' },
      { ...owner, brokerName: 'oders' },
    ].map((other) => judgeDirectory(options, { ...directory, owner: other }))
    assert.deepEqual(
      said.map(({ outcome, message }) => [outcome, message]),
      [
        ['failed', '/d is the data of node "node02"'],
        ['failed', '/d is the data of a broker of "oders"'],
      ],
    )
  })

  it('Node is not too old', () => {
    const outcomes = ['v18.20.1', 'v20.18.3', 'v20.19.0', 'v24.1.0'].map(
      (version) => judgeNodeVersion(version).outcome,
    )
    assert.deepEqual(outcomes, ['failed', 'failed', 'ok', 'ok'])
  })
})

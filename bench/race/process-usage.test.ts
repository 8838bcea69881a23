import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuSecondsIn, residentBytesIn, usageOf } from './process-usage.ts'

describe('what processes use', () => {
  it('counts user and system time behind a name that looks like fields', () => {
    const stat = '7 (a) S 1 (b) R 1 2 3 4 5 6 7 8 9 10 250 50 0 0'
    assert.equal(cpuSecondsIn(stat), 3)
  })

  it('reads resident memory in bytes', () => {
    assert.equal(residentBytesIn('VmHWM:\t  20 kB\nVmRSS:\t  10 kB\n'), 10_240)
  })

  it('adds up several processes', () => {
    const one = usageOf([process.pid])
    const two = usageOf([process.pid, process.ppid])
    assert.ok(two.residentBytes > one.residentBytes / 2)
    assert.ok(one.residentBytes > 0)
  })

  it('says so when the kernel says something else', () => {
    assert.throws(() => residentBytesIn('nothing'), /no VmRSS/)
    assert.throws(() => cpuSecondsIn('7 (a) S'), /no times/)
  })
})

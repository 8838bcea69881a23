import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isVolatile, parseSyncLevel, syncWords } from '../../src/replication/sync-level.ts'

/** leaderDisk, waitsForFollowers, followerDisk */
const meanings: Readonly<Record<string, readonly [boolean, boolean, boolean]>> = {
  local_mem: [false, false, false],
  local_disk: [true, false, false],
  remote_mem: [false, true, false],
  remote_disk: [false, true, true],
  quorum_mem: [false, true, false],
  quorum_disk: [true, true, true],
  // What ActiveMQ's documentation combines.
  'local_disk,remote_mem': [true, true, false],
  'local_mem, remote_disk': [false, true, true],
  'local_disk,remote_disk': [true, true, true],
  'local_mem,local_disk': [true, false, false],
}

describe('sync level', () => {
  it('knows six words, and combinations promise what their words promise together', () => {
    assert.deepEqual(
      [...syncWords].sort(),
      Object.keys(meanings)
        .filter((word) => !word.includes(','))
        .sort(),
    )
    for (const [words, [leaderDisk, waitsForFollowers, followerDisk]] of Object.entries(meanings)) {
      const level = parseSyncLevel(words)
      assert.deepEqual(
        [level.leaderDisk, level.waitsForFollowers, level.followerDisk],
        [leaderDisk, waitsForFollowers, followerDisk],
        words,
      )
    }
  })

  it('refuses a word that it does not know: a mistyped promise is never a weaker one', () => {
    const wrong = ['', 'quorum', 'QUORUM_DISK', 'quorum_disk,', 'disk', 'toString', 'quorum_disk;']
    for (const words of wrong) {
      assert.throws(() => parseSyncLevel(words), { code: 'CONFIG_INVALID' }, words)
    }
  })

  it('is volatile unless leader and followers sync before they acknowledge (R33)', () => {
    const durable = Object.keys(meanings).filter((words) => !isVolatile(parseSyncLevel(words)))
    assert.deepEqual(durable, ['quorum_disk', 'local_disk,remote_disk'])
  })
})

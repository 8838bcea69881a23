import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimLeadership, claimMember } from '../../src/coordination/claims.ts'
import type { LeaderHint, Member } from '../../src/coordination/coordinator.ts'

const self: Member = {
  nodeId: 'a',
  storeUuid: 'mine',
  empty: false,
  replicationAddress: 'here:1',
  clientUris: [],
  consoleUrl: null,
  state: 'VOTER',
  last: { epoch: 1, index: 1 },
  position: 1,
  weight: 1,
  suspect: false,
  build: '1',
  clusterId: null,
}

describe('claims - member', () => {
  const stranger = { ...self, storeUuid: 'theirs', replicationAddress: 'there:1' }
  const rows: readonly [string, Member | null | 'absent', boolean, boolean, string][] = [
    ['nothing there', 'absent', false, false, 'create'],
    ['nothing there any more', 'absent', false, true, 'create'],
    ['ours and right', self, true, true, 'done'],
    ['ours and old', { ...self, position: 0 }, true, true, 'update'],
    ['ours and unreadable', null, true, true, 'update'],
    ['a ghost with our store', { ...stranger, storeUuid: 'mine' }, false, false, 'replace'],
    [
      'a ghost with our port',
      { ...stranger, replicationAddress: 'here:1' },
      false,
      false,
      'replace',
    ],
    ['somebody else', stranger, false, false, 'yield'],
    ['unreadable', null, false, false, 'yield'],
    ['a twin that took our place', { ...stranger, storeUuid: 'mine' }, false, true, 'yield'],
  ]
  for (const [what, value, ours, announced, claim] of rows) {
    it(`${claim}: ${what}`, () => {
      const standing = value === 'absent' ? null : { value, ours }
      assert.equal(claimMember(standing, self, announced), claim)
    })
  }
})

describe('claims - leader', () => {
  const hint: LeaderHint = { epoch: 5, nodeId: 'a', clientUris: ['tcp://a:1'] }
  const rows: readonly [string, LeaderHint | null | 'absent', boolean, string][] = [
    ['nothing there', 'absent', false, 'create'],
    ['ours and right', hint, true, 'done'],
    ['ours of an earlier epoch', { ...hint, epoch: 4 }, true, 'update'],
    ['ours with other addresses', { ...hint, clientUris: [] }, true, 'update'],
    ['unreadable', null, false, 'replace'],
    ['an older leader', { ...hint, epoch: 4, nodeId: 'b' }, false, 'replace'],
    ['a newer leader', { ...hint, epoch: 6, nodeId: 'b' }, false, 'yield'],
    ['ours, of a session that is over', hint, false, 'replace'],
    ['another leader of our epoch, which cannot be (R6)', { ...hint, nodeId: 'b' }, false, 'yield'],
  ]
  for (const [what, value, ours, claim] of rows) {
    it(`${claim}: ${what}`, () => {
      const standing = value === 'absent' ? null : { value, ours }
      assert.equal(claimLeadership(standing, hint), claim)
    })
  }
})

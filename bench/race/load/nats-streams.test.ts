import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { queueStream, streamNamesOf, subjectsOf, topicStream } from './nats-streams.ts'

describe('queues as streams', () => {
  it('makes one queue a replicated work queue in files', () => {
    assert.deepEqual(queueStream('race.one', 1), {
      name: 'race_one',
      subjects: ['race.one'],
      retention: 'workqueue',
      storage: 'file',
      num_replicas: 3,
    })
  })

  it('makes many queues subjects of one stream', () => {
    const { name, subjects } = queueStream('race.many', 100)
    assert.equal(name, 'race_many_ALL')
    assert.deepEqual(subjects, ['race.many.*'])
  })

  it('lets a topic keep nothing for those who are not there', () => {
    assert.equal(topicStream('news').retention, 'interest')
  })

  it('finds a queue in its own stream, or in that of its siblings', () => {
    assert.deepEqual(streamNamesOf('race.one'), ['race_one'])
    assert.deepEqual(streamNamesOf('race.many.7'), ['race_many_7', 'race_many_ALL'])
  })

  it('names the queues that sends go to in turn', () => {
    assert.deepEqual(subjectsOf('q', 1), ['q'])
    assert.deepEqual(subjectsOf('q', 3), ['q.0', 'q.1', 'q.2'])
  })
})

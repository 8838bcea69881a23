import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activemqMissing } from '../support/failover-programs.ts'
import { stepsOf } from '../support/played-readme.ts'
import { playTutorial, tutorialPage, withoutPrograms } from '../support/tutorial-copy.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

describe('the tutorial', () => {
  it('has the same steps in English and in Chinese', () => {
    assert.deepEqual(stepsOf(tutorialPage('README.zh.md')), stepsOf(tutorialPage('README.md')))
  })

  const skip = withoutZookeeper() || activemqMissing() || withoutPrograms()
  it('prints what its page says, on ZooKeeper and with the Java client', { skip }, (t) =>
    playTutorial(t, stepsOf(tutorialPage('README.md'))),
  )

  it(
    'runs on the embedded coordination, and names what is wrong',
    { skip: withoutPrograms() },
    (t) => playTutorial(t, stepsOf(withoutTheEnsemble)),
  )
})

/**
 * What the page leaves to its table: another process on a port, other names, a silent ZooKeeper.
 */
const withoutTheEnsemble = `
\`\`\`sh
export ZOOKEEPER_JAR=none
node -e 'require("net").createServer().listen(2191, () => console.log("listens"))' >held.log &
held=$!
until grep -q listens held.log; do sleep 0.1; done
./zk_batch.sh start 2>&1
kill $held
wait $held
\`\`\`
\`\`\`text
no none, or no java: one embedded coordination server runs in place of three
coordination: port 2191 (zk_batch.sh) is taken by another process
\`\`\`
\`\`\`sh
./zk_batch.sh start
./zk_batch.sh status
./amq_batch.sh start
./amq_batch.sh status | grep -o '3 of 3 here'
\`\`\`
\`\`\`text
no none, or no java: one embedded coordination server runs in place of three
coordination started (pid 4711, port 2191, standalone)
coordination serves (pid 4711, port 2191, standalone)
node01: started pid 4711, http://127.0.0.1:8161, log node01/data/leveldb/broker.log
node02: started pid 4712, http://127.0.0.1:8162, log node02/data/leveldb/broker.log
node03: started pid 4713, http://127.0.0.1:8163, log node03/data/leveldb/broker.log
3 of 3 here
\`\`\`
\`\`\`sh
./zk_batch.sh stop
until ./amq_batch.sh status | grep -q ZooKeeper; do sleep 0.2; done
./amq_batch.sh status | grep -o '^ZooKeeper at .* does not answer'
./amq_batch.sh stop
./amq_batch.sh status | head -n 1
\`\`\`
\`\`\`text
coordination stopped (pid 4711)
ZooKeeper at localhost:2191,localhost:2192,localhost:2193 does not answer
localhost-63632 stopped (pid 4712, 60 ms)
localhost-63633 stopped (pid 4713, 60 ms)
localhost-63631 stopped (pid 4711, 60 ms)
no broker answers
\`\`\`
\`\`\`sh
sed -i 's/hostname="localhost"/hostname="no-such-host"/' node02/conf/activemq.xml
sed -i 's/replicas="3"/replicas="5"/' node03/conf/activemq.xml
npx quorate doctor node0?/conf/activemq.xml | grep -E 'replicas|hostname' | sed 's/: .*//; s/ (.*//'
\`\`\`
\`\`\`text
failed - replicas differs
ok localhost-63631 hostname "localhost" is 127.0.0.1
failed no-such-host-63632 hostname "no-such-host" does not resolve
ok localhost-63633 hostname "localhost" is 127.0.0.1
\`\`\`
`

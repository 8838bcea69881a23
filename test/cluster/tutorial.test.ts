import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { activemqMissing } from '../support/failover-programs.ts'
import { play, shapeOf, stepsOf } from '../support/played-readme.ts'
import type { Step } from '../support/played-readme.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tutorial = join('examples', 'zookeeper-cluster')
const TIMEOUT_MS = 180_000
const PORT_ANSWERS_WITHIN_MS = 1000

/** Ports that the tutorial's files name. */
const ports = [2191, 2192, 2193, 8161, 8162, 8163, 61_616, 61_617, 61_618, 63_631, 63_632, 63_633]

/** A network and a table of processes of their own: all that was started ends with the shell. */
const privately = [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
  ...['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
]

function canBePrivate(): boolean {
  const [command = '', ...words] = privately
  return canRun(command, [...words, 'true'])
}

function canRun(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What the page's own commands need. */
function withoutPrograms(): string | false {
  const packages = { curl: 'curl', ps: 'procps', setsid: 'util-linux' }
  const missing = Object.entries(packages).filter(([program]) => !canRun(program, ['--version']))
  const [first] = missing
  return first === undefined ? false : `needs ${first[0]} (Debian: ${first[1]})`
}

async function takenPorts(): Promise<number[]> {
  const states = await Promise.all(
    ports.map(async (port) => ({ port, taken: await answers(port) })),
  )
  return states.filter(({ taken }) => taken).map(({ port }) => port)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PORT_ANSWERS_WITHIN_MS })
    const end = (isTaken: boolean): void => {
      socket.destroy()
      resolve(isTaken)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** A clone with nothing but the tutorial in it, as it is before the first start. */
function copyOfTutorial(): string {
  const clone = mkdtempSync(join(tmpdir(), 'quorate-tutorial-'))
  mkdirSync(join(clone, 'examples'))
  const written = /\/data\/|\/data$|\/coordination$|\.(log|pid)$/
  cpSync(join(root, tutorial), join(clone, tutorial), {
    recursive: true,
    filter: (path) => /\/zk0\d\/data(\/myid)?$/.test(path) || !written.test(path),
  })
  for (const name of ['packages', 'node_modules', 'package.json']) {
    symlinkSync(join(root, name), join(clone, name))
  }
  return clone
}

function readme(name: string): string {
  return readFileSync(join(root, tutorial, name), 'utf8')
}

describe('the tutorial', () => {
  it('has the same steps in English and in Chinese', () => {
    assert.deepEqual(stepsOf(readme('README.zh.md')), stepsOf(readme('README.md')))
  })

  const skip = withoutZookeeper() || activemqMissing() || withoutPrograms()
  it('prints what its page says, on ZooKeeper and with the Java client', { skip }, (t) =>
    playInCopy(t, stepsOf(readme('README.md'))),
  )

  it(
    'runs on the embedded coordination, and names what is wrong',
    { skip: withoutPrograms() },
    (t) => playInCopy(t, stepsOf(withoutTheEnsemble)),
  )
})

/** Plays the steps on a copy of the folder, and compares what they print. */
async function playInCopy(t: TestContext, steps: readonly Step[]): Promise<void> {
  const isPrivate = canBePrivate()
  const taken = isPrivate ? [] : await takenPorts()
  if (taken.length > 0) {
    t.skip(`needs root, or these ports: ${taken.join(', ')}`)
    return
  }
  const clone = copyOfTutorial()
  const folder = join(clone, tutorial)
  try {
    const prefix = isPrivate ? privately : []
    const outputs = await play({ folder, steps, prefix, timeoutMs: TIMEOUT_MS })
    for (const [at, { commands, output }] of steps.entries()) {
      const said = outputs[at] ?? ''
      const message = `${commands}printed\n${said}\nand the page says\n${output}`
      assert.deepEqual(shapeOf(said), shapeOf(output), message)
    }
  } finally {
    if (!isPrivate) {
      for (const script of ['amq_batch.sh', 'zk_batch.sh']) {
        execFileSync(join(folder, script), ['stop'], { stdio: 'ignore' })
      }
    }
    rmSync(clone, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** What the page leaves to its table: another process on a port, other names, a silent ZooKeeper. */
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

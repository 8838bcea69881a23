// Preloaded into every Node process of a run (see recording.ts): a broker samples itself from its
// sixth second on, and when asked leaves a profile, for Chromium and for `npm run bench:profile`.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'

/** What a start costs, the loading of modules above all, is another question. */
const BEGIN_AFTER_MS = 5_000
/** Between two samples; finer ones would be most of what is seen. */
const SAMPLE_MICROSECONDS = 500

const directory = process.env.BENCH_PROFILE_DIRECTORY
const [, program = '', command = ''] = process.argv
if (directory !== undefined && program.includes('cli/main') && command === 'start') {
  const session = new Session()
  session.connect()
  const begin = () => {
    session.post('Profiler.enable')
    session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
    session.post('Profiler.start')
  }
  setTimeout(begin, BEGIN_AFTER_MS).unref()
  process.once('SIGUSR2', () => {
    // On its own thread the session answers at once.
    session.post('Profiler.stop', (error, answer) => {
      if (error !== null) return
      mkdirSync(directory, { recursive: true })
      const file = join(directory, `broker-${process.pid}.cpuprofile`)
      writeFileSync(`${file}.part`, JSON.stringify(answer.profile))
      renameSync(`${file}.part`, file)
    })
  })
}

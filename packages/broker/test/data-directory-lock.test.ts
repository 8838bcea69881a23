import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { directoryHolder } from '@quorate/core/base/directory-lock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { silentLog } from '@quorate/core/base/log'
import { lockDataDirectory } from '../src/data-directory-lock.ts'
import { LOCK_FOLDER } from '../src/store/leveldb/kernel-lock.ts'

const source = new URL('../src/data-directory-lock.ts', import.meta.url).href
/** Says what came of it, and stays until it is killed. */
const script = `
  const { lockDataDirectory } = await import(${JSON.stringify(source)})
  const outcome = await lockDataDirectory(process.env.DIRECTORY, { warn() {} }).then(
    () => 'held',
    (error) => error.code,
  )
  process.stdin.resume()
  process.stdout.write(outcome)
`

/** Another process that tries for the lock of a directory, and keeps it. */
class OtherProcess {
  readonly outcome: string
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, outcome: string) {
    this.#child = child
    this.pid = child.pid ?? 0
    this.outcome = outcome
  }

  static async start(directory: string): Promise<OtherProcess> {
    const flags = ['--conditions=quorate-source', '--import', 'tsx', '--input-type=module']
    const child = spawn(process.execPath, [...flags, '--eval', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, DIRECTORY: directory },
    })
    const [told] = (await once(child.stdout, 'data')) as [Buffer]
    return new OtherProcess(child, told.toString())
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-lock-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function withHolder(
  directory: string,
  work: (holder: OtherProcess) => Promise<void>,
): Promise<void> {
  const holder = await OtherProcess.start(directory)
  try {
    assert.equal(holder.outcome, 'held')
    await work(holder)
  } finally {
    await holder.kill()
  }
}

async function refusal(directory: string): Promise<BrokerError> {
  const outcome = await lockDataDirectory(directory, silentLog).catch((error: unknown) => error)
  assert.ok(outcome instanceof BrokerError, 'it was not refused')
  assert.equal(outcome.code, 'STORE_IN_USE')
  assert.ok(outcome.message.startsWith(`${directory} is in use by `), outcome.message)
  return outcome
}

/** Everything in the directory but LevelDB's diary. */
function contentOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter((name) => statSync(join(directory, name)).isFile())
  return Object.fromEntries(
    files
      .filter((name) => !/LOG(\.old)?$/.test(name))
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  )
}

function identityFiles(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith('lock-'))
  return names.map((name) => join(directory, name))
}

/** As another PID namespace would see what the holder says of itself. */
const disguises: Readonly<Record<string, (path: string) => void>> = {
  'whose file is gone': (path) => rmSync(path),
  'that looks dead': (path) => {
    const identity = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...identity, startTime: '1' }))
  },
}

describe('the lock of a data directory', () => {
  for (const [name, disguise] of Object.entries(disguises)) {
    it(`is refused while a process holds it ${name}, and nothing changes`, () =>
      withFolder((directory) =>
        withHolder(directory, async () => {
          writeFileSync(join(directory, 'meta'), 'as it was')
          for (const path of identityFiles(directory)) disguise(path)
          assert.equal(await directoryHolder(directory), null)
          const before = contentOf(directory)
          const { message } = await refusal(directory)
          assert.match(message, /by a process that cannot be seen from here, in another container/)
          assert.deepEqual(contentOf(directory), before)
        }),
      ))
  }

  it('names the process that holds it where that can be seen', () =>
    withFolder((directory) =>
      withHolder(directory, async ({ pid }) => {
        const { message, details } = await refusal(directory)
        assert.equal(message, `${directory} is in use by pid ${pid}`)
        assert.deepEqual(details, { directory, pid })
      }),
    ))

  it('is free when its holder was killed', () =>
    withFolder(async (directory) => {
      await withHolder(directory, () => Promise.resolve())
      const lock = await lockDataDirectory(directory, silentLog)
      await lock.release()
    }))

  it('is free when it was released, and can be taken again and again', () =>
    withFolder(async (directory) => {
      for (let n = 0; n < 3; n++) await (await lockDataDirectory(directory, silentLog)).release()
      assert.deepEqual(identityFiles(directory), [])
      await withHolder(directory, () => Promise.resolve())
    }))

  it('stays with its holder when the same process asks once more, by whatever path', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'data')
      const link = join(folder, 'link')
      const lock = await lockDataDirectory(directory, silentLog)
      symlinkSync(directory, link)
      for (const path of [directory, link]) {
        assert.match((await refusal(path)).message, new RegExp(`by pid ${process.pid}$`))
      }
      const other = await OtherProcess.start(directory)
      assert.equal(other.outcome, 'STORE_IN_USE')
      await other.kill()
      await lock.release()
    }))
})

/** What may have become of the folder that the kernel's lock lies in. */
const damages: Readonly<Record<string, (folder: string) => void>> = {
  'is missing': (folder) => rmSync(folder, { recursive: true }),
  'is empty': (folder) => {
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
  },
  'is a file': (folder) => {
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file')
  },
  'is full of rubbish': (folder) => overwrite(folder, /./, Buffer.alloc(5000, 7)),
  'is full of zeros': (folder) => overwrite(folder, /./, Buffer.alloc(5000)),
  'has lost the content of all files': (folder) => overwrite(folder, /./, Buffer.alloc(0)),
  'misses its manifest': (folder) => {
    for (const name of readdirSync(folder).filter((each) => each.startsWith('MANIFEST'))) {
      rmSync(join(folder, name))
    }
  },
  'holds a table, which is damaged': (folder) => {
    writeFileSync(join(folder, '000001.ldb'), Buffer.alloc(5000, 7))
  },
}

function overwrite(folder: string, names: RegExp, content: Buffer): void {
  for (const name of readdirSync(folder).filter((each) => names.test(each))) {
    writeFileSync(join(folder, name), content)
  }
}

describe('the lock of a data directory whose own folder', () => {
  for (const [name, damage] of Object.entries(damages)) {
    it(`${name} is taken, and keeps others out`, () =>
      withFolder(async (directory) => {
        await (await lockDataDirectory(directory, silentLog)).release()
        damage(join(directory, LOCK_FOLDER))
        const lock = await lockDataDirectory(directory, silentLog)
        for (const path of identityFiles(directory)) rmSync(path)
        const other = await OtherProcess.start(directory)
        assert.equal(other.outcome, 'STORE_IN_USE')
        await other.kill()
        await lock.release()
      }))
  }

  it('is damaged while another process holds it stays with that', () =>
    withFolder((directory) =>
      withHolder(directory, async () => {
        for (const path of identityFiles(directory)) rmSync(path)
        for (const name of ['CURRENT', '000001.ldb']) {
          writeFileSync(join(directory, LOCK_FOLDER, name), 'rubbish')
        }
        await refusal(directory)
      }),
    ))

  it(
    'cannot be written for lack of room is done without, and the log warns',
    {
      skip: process.platform === 'linux' ? false : 'needs /dev/full',
    },
    () =>
      withFolder(async (directory) => {
        const folder = join(directory, LOCK_FOLDER)
        mkdirSync(folder)
        // The first file that LevelDB writes.
        symlinkSync('/dev/full', join(folder, 'MANIFEST-000001'))
        const warnings: string[] = []
        const log: Log = { ...silentLog, warn: (message) => warnings.push(message) }
        const lock = await lockDataDirectory(directory, log)
        assert.match(warnings.join(), /^the disk has no room for the lock that keeps out/)
        assert.match((await refusal(directory)).message, new RegExp(`by pid ${process.pid}$`))
        await lock.release()
      }),
  )

  it('cannot be made says so', () =>
    withFolder(async (directory) => {
      mkdirSync(join(directory, LOCK_FOLDER, 'LOCK'), { recursive: true })
      await assert.rejects(lockDataDirectory(directory, silentLog), {
        code: 'STORE_UNAVAILABLE',
        message: new RegExp(`^${directory} cannot be locked: .*Is a directory`),
      })
    }))
})

// Carries out file operations, one after the other, and tells of each when it is done: a line with
// its number, and the error code if it failed. Then waits to be killed.
//
//   node scripted-writer.mjs DIRECTORY < operations, as a JSON list of [kind, path, ...]
import fs from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'

const directory = process.argv[2] ?? '.'
const operations = JSON.parse(fs.readFileSync(0, 'utf8'))

function using(path, flags, use) {
  const fd = fs.openSync(path, flags)
  try {
    use(fd)
  } finally {
    fs.closeSync(fd)
  }
}

function writeAll(fd, position, byte, length) {
  let written = 0
  while (written < length) {
    const rest = Buffer.alloc(length - written, byte)
    const half = rest.length >> 1
    const pieces = [rest.subarray(0, half), rest.subarray(half)]
    written += fs.writevSync(fd, pieces, position + written)
  }
}

const databases = {}

const kinds = {
  create: (path) => using(path, 'wx', () => undefined),
  overwrite: (path) => using(path, 'w', () => undefined),
  append: (path, byte, length) => fs.appendFileSync(path, Buffer.alloc(length, byte)),
  write: (path, at, byte, length) => using(path, 'r+', (fd) => writeAll(fd, at, byte, length)),
  truncate: (path, size) => using(path, 'r+', (fd) => fs.ftruncateSync(fd, size)),
  sync: (path) => using(path, 'r', fs.fsyncSync),
  syncData: (path) => using(path, 'r', fs.fdatasyncSync),
  rename: (path, target) => fs.renameSync(path, join(directory, target)),
  remove: fs.unlinkSync,
  makeDirectory: (path) => fs.mkdirSync(path),
  removeDirectory: fs.rmdirSync,
  // LevelDB writes through the C library's streams.
  async put(path, key, sync) {
    databases[path] ??= new ClassicLevel(path)
    await databases[path].put(key, key, { sync })
  },
  bootId: () => fs.writeSync(1, fs.readFileSync('/proc/sys/kernel/random/boot_id')),
}

for (const [at, [kind, path, ...rest]] of operations.entries()) {
  let error = ''
  try {
    await kinds[kind](join(directory, path), ...rest)
  } catch (caught) {
    error = ` ${caught.code ?? caught}`
  }
  fs.writeSync(1, `${at}${error}\n`)
}
fs.writeSync(1, 'done\n')
setInterval(() => undefined, 60_000)

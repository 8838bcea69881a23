import { existsSync, readFileSync, realpathSync } from 'node:fs'

interface Mount {
  readonly device: string
  readonly point: string
  readonly fileSystem: string
  readonly source: string
}

/** `ext4 on a virtual disk`: what a directory is kept on, without its name. */
export function diskKindOf(directory: string): string {
  try {
    const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
    const mount = mountOf(realpathSync(directory), mounts)
    return mount === undefined ? 'unknown' : kindOf(mount, isRotational(mount.device))
  } catch {
    return 'unknown'
  }
}

/** Lines as proc(5) draws them: id, parent, device, root, point, options, -, type, source. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , device, , point] = before.split(' ')
    const [fileSystem, source = ''] = after.split(' ')
    if (device === undefined || point === undefined || fileSystem === undefined) return []
    return [{ device, point, fileSystem, source }]
  })
}

/** The deepest mount that the path is in; of several at one place the last. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const isIn = ({ point }: Mount): boolean =>
    point === '/' || path === point || path.startsWith(`${point}/`)
  let best: Mount | undefined
  for (const mount of mounts.filter(isIn)) {
    if (mount.point.length >= (best?.point.length ?? 0)) best = mount
  }
  return best
}

export function kindOf(
  { fileSystem, source }: Pick<Mount, 'fileSystem' | 'source'>,
  rotational: boolean | null,
): string {
  if (fileSystem === 'tmpfs') return 'memory (tmpfs)'
  const name = source.replace(/^.*\//, '')
  if (/^(vd|xvd)/.test(name)) return `${fileSystem} on a virtual disk`
  if (name.startsWith('nvme')) return `${fileSystem} on NVMe`
  if (rotational === null) return fileSystem
  return `${fileSystem} on ${rotational ? 'a rotating disk' : 'a solid-state disk'}`
}

/** null: the device does not tell. A partition's queue is that of its disk. */
function isRotational(device: string): boolean | null {
  const places = ['queue', '../queue'].map((at) => `/sys/dev/block/${device}/${at}/rotational`)
  const place = places.find((path) => existsSync(path))
  return place === undefined ? null : readFileSync(place, 'utf8').trim() === '1'
}

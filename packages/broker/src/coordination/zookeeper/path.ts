/**
 * What is wrong with a node's path, or null. The rules are ZooKeeper's own: absolute, no empty and
 * no relative part, no slash at the end, no control character, surrogate or private-use character.
 */
export function pathProblem(path: string): string | null {
  if (path === '') return 'is empty'
  if (!path.startsWith('/')) return 'does not begin with /'
  if (path === '/') return null
  if (path.endsWith('/')) return 'ends with /'
  for (const part of path.slice(1).split('/')) {
    if (part === '') return 'has an empty part'
    if (part === '.' || part === '..') return 'has a relative part'
  }
  return forbidden.test(path) ? 'has a character that ZooKeeper does not allow' : null
}

const forbidden = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/

export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Any text as one part of a path; ordinary names stay as they are. */
export function pathPart(text: string): string {
  if (/^\.+$/.test(text)) return text.replaceAll('.', '%2E')
  return encodeURIComponent(text)
}

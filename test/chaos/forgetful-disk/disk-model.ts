/** One operation of scripted-writer.mjs. */
export type Operation =
  | readonly ['create' | 'overwrite' | 'sync' | 'syncData' | 'remove', path: string]
  | readonly ['makeDirectory' | 'removeDirectory' | 'bootId', path: string]
  | readonly ['append', path: string, byte: number, length: number]
  | readonly ['write', path: string, position: number, byte: number, length: number]
  | readonly ['truncate', path: string, size: number]
  | readonly ['rename', path: string, target: string]
  /** Into a LevelDB; the model knows nothing of it. */
  | readonly ['put', path: string, key: string, sync: boolean]

/** Content by path; a directory has none. */
export type Image = Map<string, Buffer | null>

class FileNode {
  cached = Buffer.alloc(0)
  medium = Buffer.alloc(0)
}

class DirectoryNode {
  cached = new Map<string, Node>()
  medium = new Map<string, Node>()
}

type Node = FileNode | DirectoryNode

/** What the library is held against: the disk of a strict reading of POSIX, in memory. */
export class DiskModel {
  readonly #root = new DirectoryNode()

  apply(operation: Operation): void {
    const [kind, path] = operation
    const { parent, name } = this.#locate(path)
    const node = name === '' ? this.#root : parent.cached.get(name)
    switch (kind) {
      case 'create':
        return void parent.cached.set(name, new FileNode())
      case 'makeDirectory':
        return void parent.cached.set(name, new DirectoryNode())
      case 'remove':
      case 'removeDirectory':
        return void parent.cached.delete(name)
      case 'rename': {
        const target = this.#locate(operation[2])
        parent.cached.delete(name)
        target.parent.cached.set(target.name, node as Node)
        return
      }
      case 'sync':
      case 'syncData':
        return sync(node as Node, kind === 'sync')
      case 'overwrite':
        return resize(node as FileNode, 0)
      case 'truncate':
        return resize(node as FileNode, operation[2])
      case 'append':
        return write(node as FileNode, (node as FileNode).cached.length, operation[2], operation[3])
      case 'write':
        return write(node as FileNode, operation[2], operation[3], operation[4])
      case 'bootId':
      case 'put':
    }
  }

  /** What processes see. */
  cached(): Image {
    return imageOf(this.#root, 'cached')
  }

  /** What a power failure leaves when chance keeps nothing. */
  medium(): Image {
    return imageOf(this.#root, 'medium')
  }

  #locate(path: string): { parent: DirectoryNode; name: string } {
    const names = path.split('/')
    const name = names.pop() ?? ''
    let parent = this.#root
    for (const each of names) parent = parent.cached.get(each) as DirectoryNode
    return { parent, name }
  }
}

/** fdatasync promises what it takes to read the data: a size that grew, not one that shrank. */
function sync(node: Node, metadata: boolean): void {
  if (node instanceof DirectoryNode) {
    node.medium = new Map(node.cached)
    return
  }
  const tail = metadata ? [] : [node.medium.subarray(node.cached.length)]
  node.medium = Buffer.concat([node.cached, ...tail])
}

function resize(file: FileNode, size: number): void {
  const content = Buffer.alloc(size)
  file.cached.copy(content)
  file.cached = content
}

function write(file: FileNode, position: number, byte: number, length: number): void {
  const content = Buffer.alloc(Math.max(file.cached.length, position + length))
  file.cached.copy(content)
  file.cached = content.fill(byte, position, position + length)
}

function imageOf(root: DirectoryNode, picture: 'cached' | 'medium'): Image {
  const image: Image = new Map()
  const add = (directory: DirectoryNode, prefix: string): void => {
    for (const [name, node] of directory[picture]) {
      const isFile = node instanceof FileNode
      image.set(prefix + name, isFile ? node[picture] : null)
      if (!isFile) add(node, `${prefix}${name}/`)
    }
  }
  add(root, '')
  return image
}

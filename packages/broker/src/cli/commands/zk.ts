import { BrokerError } from '@quorate/core/base/errors'
import { refusalOf } from '../../coordination/zookeeper/client.ts'
import type {
  NodeChildren,
  NodeContent,
  ZooKeeperClient,
} from '../../coordination/zookeeper/client.ts'
import { EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import type { Terminal } from '../terminal.ts'
import { formatTable, printable } from '../text-table.ts'
import { withSession } from '../zookeeper-session.ts'
import type { SessionRequest } from '../zookeeper-session.ts'

export interface ZkRequest extends SessionRequest {
  readonly path: string
  readonly json: boolean
}

/** A session, with refusals in words. */
async function look<T>(
  request: ZkRequest,
  work: (client: ZooKeeperClient) => Promise<T>,
): Promise<T> {
  try {
    return await withSession(request, work)
  } catch (error) {
    throw explain(error, request.path)
  }
}

function explain(error: unknown, path: string): unknown {
  const refusal = refusalOf(error)
  if (refusal === 'NoNode') {
    return new BrokerError('INVALID_DESTINATION', `no such node: ${path}`, { cause: error })
  }
  if (refusal === 'NoAuth') {
    const message = `${path} is not for everybody: give its --password`
    return new BrokerError('NOT_AUTHORIZED', message, { cause: error })
  }
  return error
}

function childPath(path: string, child: string): string {
  return path === '/' ? `/${child}` : `${path}/${child}`
}

interface Listed {
  readonly name: string
  readonly path: string
  /** undefined when it went away, or may not be read, since the children were listed. */
  readonly content: NodeContent | undefined
}

async function readChildren(client: ZooKeeperClient, path: string): Promise<Listed[]> {
  await client.sync(path)
  const { children }: NodeChildren = await client.children(path)
  return Promise.all(
    [...children].sort().map(async (name) => {
      const child = childPath(path, name)
      const content = await client.get(child).catch(() => undefined)
      return { name, path: child, content }
    }),
  )
}

/** `zk ls`: the children of a node, with what they hold. */
export async function zkList(request: ZkRequest, terminal: Terminal): Promise<number> {
  const children = await look(request, (client) => readChildren(client, request.path))
  if (request.json) {
    const rows = children.map(({ path, content }) => ({ path, ...contentJson(content) }))
    terminal.out(`${jsonText(rows, 2)}\n`)
    return EXIT_OK
  }
  const rows = children.map(({ name, content }) => [
    { text: name },
    { text: content === undefined || content.stat.ephemeralOwner === 0n ? '' : 'ephemeral' },
    { text: content === undefined ? '(not readable)' : content.data.toString('utf8') },
  ])
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  const columns = [{ title: 'NAME' }, { title: 'KIND' }, { title: 'DATA' }]
  if (rows.length > 0) {
    const paintTitle = terminal.colors.dim
    terminal.out(`${formatTable(columns, rows, { columnsMax, paintTitle }).join('\n')}\n`)
  }
  return EXIT_OK
}

/** `zk get`: what one node holds. */
export async function zkGet(request: ZkRequest, terminal: Terminal): Promise<number> {
  const content = await look(request, async (client) => {
    await client.sync(request.path)
    return client.get(request.path)
  })
  if (request.json) {
    const node = { path: request.path, ...contentJson(content) }
    terminal.out(`${jsonText(node, 2)}\n`)
  } else terminal.out(`${shownData(content.data, terminal)}\n`)
  return EXIT_OK
}

/** Data of strangers never steers a terminal; a pipe gets it as it is. */
function shownData(data: Buffer, terminal: Terminal): string {
  const text = data.toString('utf8')
  return terminal.isInteractive ? text.split('\n').map(printable).join('\n') : text
}

function contentJson(content: NodeContent | undefined) {
  if (content === undefined) return { data: null, version: null, ephemeral: null }
  const { data, stat } = content
  return {
    data: data.toString('utf8'),
    version: stat.version,
    ephemeral: stat.ephemeralOwner !== 0n,
  }
}

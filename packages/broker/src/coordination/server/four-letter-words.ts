/** What operators' scripts ask a ZooKeeper server, on a connection of its own. */
export interface ServerStatus {
  readonly connections: readonly string[]
  readonly zxid: bigint
  readonly nodes: number
  readonly receivedFrames: number
}

const words: Readonly<Record<string, (status: ServerStatus) => string>> = {
  ruok: () => 'imok',
  srvr: (status) => `Quorate coordination server\n${summary(status)}`,
  stat: (status) => `Quorate coordination server\nClients:\n${clients(status)}\n${summary(status)}`,
}

/** The answer to the first four bytes of a connection, or null when they begin a frame. */
export function answerWord(first: Buffer, status: () => ServerStatus): string | null {
  const answer = words[first.toString('latin1', 0, 4)]
  return answer === undefined ? null : answer(status())
}

function clients({ connections }: ServerStatus): string {
  return connections.map((address) => ` ${address}\n`).join('')
}

function summary(status: ServerStatus): string {
  return [
    `Received: ${status.receivedFrames}`,
    `Connections: ${status.connections.length}`,
    `Zxid: 0x${status.zxid.toString(16)}`,
    'Mode: standalone',
    `Node count: ${status.nodes}`,
    '',
  ].join('\n')
}

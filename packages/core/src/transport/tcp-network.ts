import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { ListenOptions, Network, NetworkAddress, NetworkServer } from './network.ts'
import { TcpStream, connectTcp } from './tcp-stream.ts'

export const tcpNetwork: Network = { listen: listenTcp, connect: connectTcp }

function listenTcp(options: ListenOptions): Promise<NetworkServer> {
  const { host, port, backlog, onError } = options
  const server = new TcpServer(options)
  return new Promise((resolve, reject) => {
    server.server.once('error', reject)
    server.server.listen({ host, port, ...(backlog === undefined ? {} : { backlog }) }, () => {
      server.server.off('error', reject)
      server.server.on('error', onError)
      resolve(server)
    })
  })
}

class TcpServer implements NetworkServer {
  readonly server: Server
  readonly #sockets = new Set<Socket>()
  #isClosed = false

  constructor({ accept }: ListenOptions) {
    this.server = createServer({ noDelay: true }, (socket) => {
      const stream = new TcpStream(socket)
      if (this.#isClosed) {
        stream.destroy()
        return
      }
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      accept(stream)
    })
  }

  get address(): NetworkAddress {
    const { address, port } = this.server.address() as AddressInfo
    return { host: address, port }
  }

  get connections(): number {
    return this.#sockets.size
  }

  close(): Promise<void> {
    this.#isClosed = true
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }
}

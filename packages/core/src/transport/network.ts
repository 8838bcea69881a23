import type { ByteStream } from './byte-stream.ts'

export interface NetworkAddress {
  readonly host: string
  readonly port: number
}

export interface ListenOptions extends NetworkAddress {
  /** Connections that the system holds until they are accepted; its own default when left out. */
  readonly backlog?: number
  /** Takes a new connection: attaches to the stream, or destroys it, before it returns. */
  readonly accept: (stream: ByteStream) => void
  /** A single accept failed (no file descriptors left); listening goes on. */
  readonly onError: (error: Error) => void
}

/** A port that is listened to. */
export interface NetworkServer {
  /** Where it listens: tells the port when 0 was asked for. */
  readonly address: NetworkAddress
  /** Accepted connections that are still open. */
  readonly connections: number
  /** Stops listening and ends every connection at once. Resolves when the port is free. */
  close(): Promise<void>
}

/** Streams to other processes: TCP, or a simulation of it. */
export interface Network {
  /** Resolves when connections are accepted; rejects with the system's error (EADDRINUSE ...). */
  listen(options: ListenOptions): Promise<NetworkServer>
  /**
   * Rejects with CONNECTION_LOST when nobody answers there (its cause has the errno), or when
   * `signal` aborts first; a connection that succeeds after that is closed again.
   */
  connect(address: NetworkAddress, signal?: AbortSignal): Promise<ByteStream>
}

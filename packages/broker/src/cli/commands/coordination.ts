import { resolve } from 'node:path'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { parseTransportUri } from '../../config/host-port.ts'
import { CoordinationServer } from '../../coordination/server/coordination-server.ts'
import type { CoordinationServerOptions } from '../../coordination/server/coordination-server.ts'
import { createPinoLog } from '../../management/pino-log.ts'
import { systemPorts } from '../../ports.ts'
import { claimDirectory } from '../claimed-directory.ts'
import { EXIT_OK } from '../exit-code.ts'
import { coordinationPidFile } from '../pid-file.ts'
import { StopSignals, parentEnd } from '../signals.ts'
import type { Terminal } from '../terminal.ts'

export interface CoordinationRequest {
  /** `tcp://host:port`. */
  readonly bind: string
  readonly directory: string
  readonly stopWithParent: boolean
}

/** Where the server comes from. */
export interface ServerSource {
  start(options: CoordinationServerOptions): Promise<{ stop(): Promise<void> }>
}

/**
 * Runs the embedded coordination server until it is told to stop. Throws when it cannot start, and
 * when its disk fails: whoever supervises the process has to know.
 */
export async function coordination(
  request: CoordinationRequest,
  terminal: Terminal,
  source: ServerSource = CoordinationServer,
): Promise<number> {
  const address = parseTransportUri(request.bind)
  if (address?.scheme !== 'tcp') {
    throw new BrokerError('INVALID_ARGUMENT', `--bind "${request.bind}" is no tcp://host:port`)
  }
  const directory = resolve(request.directory)
  const color = terminal.isInteractive
  const log = createPinoLog({ level: 'info', format: color ? 'text' : 'json', color })
  const claim = { name: coordinationPidFile }
  const { pidFile, lockDirectory } = await claimDirectory(directory, systemPorts(log), claim)
  const signals = new StopSignals()
  try {
    const { host, port } = address
    let onFailure: (error: BrokerError) => void = () => {}
    const failed = new Promise<BrokerError>((resolve) => (onFailure = resolve))
    const server = await source.start({
      host,
      port,
      directory,
      lockDirectory,
      clock: systemClock,
      log,
      onFailure,
    })
    log.info('coordination runs', { bind: request.bind, directory, pid: process.pid })
    const by = await Promise.race([signals.first, parentEnd(request.stopWithParent), failed])
    if (by instanceof BrokerError) throw by
    log.info('coordination stops', { by })
    await Promise.race([server.stop(), signals.again])
    return EXIT_OK
  } finally {
    signals.release()
    pidFile.release()
  }
}

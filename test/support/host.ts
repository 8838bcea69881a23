/** A command, ready for `spawn` or ManagedProcess. */
export interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
}

/** Where a process under test runs: this machine, or a network namespace on it. */
export interface Host {
  /** Its only address, IPv4. */
  readonly address: string
  /** The same command, run there. The process has the pid that `spawn` tells. */
  commandLine(command: string, args: readonly string[]): CommandLine
}

export const thisMachine: Host = {
  address: '127.0.0.1',
  commandLine: (command, args) => ({ command, args }),
}

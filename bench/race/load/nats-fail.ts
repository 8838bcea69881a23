/** Ends the load with what went wrong, also from a callback of the client, which would go on. */
export function fail(what: string): never {
  process.stderr.write(`${what}\n`)
  process.exit(1)
}

/** Somebody who may log in to the HTTP API, as jetty-realm.properties names them. */
export interface ConsoleUser {
  readonly name: string
  /** In clear, or as Jetty keeps it: `OBF:`, `MD5:` or `CRYPT:` and what follows. */
  readonly password: string
  readonly roles: readonly string[]
  /** `file:line:column`. */
  readonly where: string
}

/** Whether the password is kept in a way that Node cannot compute. */
export function cannotBeChecked({ password }: ConsoleUser): boolean {
  return password.startsWith('CRYPT:')
}

export function uncheckable(name: string): string {
  return `user "${name}": passwords kept as CRYPT: cannot be checked`
}

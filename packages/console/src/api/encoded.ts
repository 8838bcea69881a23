/**
 * A name as a part of an address. Half of a surrogate pair, which a client may put into a name,
 * cannot be written in one: it becomes the replacement character, and names nothing.
 */
export function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed())
}

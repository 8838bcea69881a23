/**
 * Entries of replication.md section 11 and of ActiveMQ's defects that no seeded bug refers to, each
 * with the reason.
 */
export const notApplicable: Readonly<Record<string, string>> = {
  A4:
    'There is no second copy of the store while a follower catches up: its own log grows in place, ' +
    'and what it reports is the end of that log. (The side directory of R38 does not exist yet.)',
  A12:
    'Catching up is by ranges of the log from where the follower stands; there is no copy of whole ' +
    'files to be slow.',
}

/** Classical bugs of replication.md section 11, and the defects of peers.md section 0. */
export const wanted: readonly string[] = [
  ...Array.from({ length: 30 }, (_, i) => `bug ${i + 1}`),
  ...Array.from({ length: 12 }, (_, i) => `A${i + 1}`),
]

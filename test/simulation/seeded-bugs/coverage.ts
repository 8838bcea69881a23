/**
 * Entries of docs/internals/classical-bugs.md that no seeded bug refers to, each with the reason.
 */
export const notApplicable: Readonly<Record<string, string>> = {
  A4:
    'There is no second copy of the store while a follower catches up: its own log grows in place, ' +
    'and what it reports is the end of that log. (The side directory of R38 does not exist yet.)',
  A12:
    'Catching up is by ranges of the log from where the follower stands; there is no copy of whole ' +
    'files to be slow.',
}

/** All that docs/internals/classical-bugs.md lists. */
export const wanted: readonly string[] = [
  ...Array.from({ length: 30 }, (_, i) => `bug ${i + 1}`),
  ...Array.from({ length: 12 }, (_, i) => `A${i + 1}`),
]

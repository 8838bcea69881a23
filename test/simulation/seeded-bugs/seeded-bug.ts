/** What is edited in one source file: `from` occurs there exactly once. */
export interface Edit {
  readonly from: string
  readonly to: string
}

/**
 * A mistake that somebody could make, put in for a test run only: the sources know nothing of it.
 * See compile-in.mjs for how it gets into a process.
 */
export interface SeededBug {
  /** What is wrong, as a short sentence in kebab-case: `QUORATE_SEEDED_BUG` names it. */
  readonly name: string
  /** What can happen because of it. */
  readonly breaks: string
  /**
   * What it is an instance of: rules (`R7`), and what docs/internals/classical-bugs.md lists:
   * classical bugs (`bug 7`) and defects of ActiveMQ's replicated store (`A1`).
   */
  readonly references: readonly string[]
  /** From the root of the repository. */
  readonly file: string
  readonly edits: readonly Edit[]
  /** Why nothing comes of it: another rule stands behind the one that it breaks. */
  readonly coveredBy?: string
  /** The walk-through or the unit test that fails with it: it is played in the suites. */
  readonly playedIn?: Played
}

export interface Played {
  /** As its title begins. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
}

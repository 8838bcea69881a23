import { randomBytes, randomUUID } from 'node:crypto'

/** Chance, from outside: a simulation that owns it can play a history again. */
export interface Entropy {
  /** Uniform in [0, 1); for jitter, never for secrets. */
  random(): number
  /** A name that nobody else has. */
  uuid(): string
  /** Unpredictable bytes: challenges. */
  bytes(length: number): Buffer
}

export const systemEntropy: Entropy = {
  random: Math.random,
  uuid: randomUUID,
  bytes: randomBytes,
}

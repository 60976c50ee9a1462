/** Seeded pseudo-random numbers: every stream is a pure function of its seed. */

/** All chance an algorithm may use. */
export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform integer in [0, below), without bias. */
  integer(below: number): number
  /** ~ N(0, 1), by the inverse CDF. */
  normal(): number
  /** A Fisher-Yates permutation of 0 .. n-1. */
  permutation(n: number): number[]
}

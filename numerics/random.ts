/**
 * Seeded pseudo-random numbers: every stream is a pure function of its seed.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna 2021, doi:10.1145/3460772). Its 128 bits of state come from a hash of the
 * seed, the algorithm's name and the suggestion's index, so streams of different suggestions have nothing in common.
 */
import { hash128 } from './hash.ts'
import { normalQuantile } from './normal.ts'

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

/** The stream of suggestion `index`: the same three arguments give the same numbers everywhere. */
export function streamOf(seed: number | string, algorithm: string, index: number): Rng {
  return rngOf(hash128(`${seed}\u0000${algorithm}\u0000${index}`))
}

/** A generator from 128 bits of state; all-zero state, the one fixed point, is moved off zero. */
export function rngOf(state: ArrayLike<number>): Rng {
  const next = xoshiro128(state)
  const uniform = () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992
  const rng: Rng = {
    uniform,
    integer(below) {
      if (below > 4294967296) return Math.min(below - 1, Math.floor(uniform() * below))
      const accepted = 4294967296 - (4294967296 % below)
      let word = next()
      while (word >= accepted) word = next()
      return word % below
    },
    normal: () => normalQuantile(uniform() + 2 ** -54),
    permutation(n) {
      const order = Array.from({ length: n }, (_, i) => i)
      for (let i = n - 1; i > 0; i--) {
        const j = rng.integer(i + 1)
        const kept = order[i]
        order[i] = order[j]
        order[j] = kept
      }
      return order
    },
  }
  return rng
}

/** Unsigned 32-bit words. */
export function xoshiro128(state: ArrayLike<number>): () => number {
  let a = state[0] | 0
  let b = state[1] | 0
  let c = state[2] | 0
  let d = state[3] | 0
  if ((a | b | c | d) === 0) a = 1
  return () => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return word
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/**
 * Sobol points with nested uniform (Owen) scrambling.
 *
 * Sources: Joe and Kuo 2008, doi:10.1137/070709359 (direction numbers new-joe-kuo-6, first 1,024 dimensions);
 * Burley 2020, Practical hash-based Owen scrambling, JCGT 9(4), for the scrambling: no tables, every point on its own.
 * Departs: a point is addressed by its index, so several workers never share a counter; dimensions beyond 1,024 repeat the
 * table under another scrambling.
 *
 * v_k direction number k of a dimension, as 32 bits after the binary point · x point, 32 bits
 */
import { finalMix } from './hash.ts'
import { packedDirections } from './sobol-directions.ts'

const BITS = 32
export const SOBOL_DIMENSIONS = 1024

/** Point `index` (below 2^32, in Gray code order) of the sequence in (0, 1)^d: scrambled by `seed`, or the plain sequence (in [0, 1)) without one. */
export function sobolPoint(index: number, dimension: number, seed?: number): Float64Array {
  const point = new Float64Array(dimension)
  const gray = (index ^ (index >>> 1)) >>> 0
  for (let j = 0; j < dimension; j++) {
    const directions = directionsOf(j % SOBOL_DIMENSIONS)
    let x = 0
    for (let k = 0, rest = gray; rest > 0; k++, rest >>>= 1) if (rest & 1) x ^= directions[k]
    point[j] =
      seed === undefined
        ? (x >>> 0) * 2 ** -32
        : owenScramble(x, finalMix(seed ^ finalMix(j + 1))) * 2 ** -32 + 2 ** -33
  }
  return point
}

/** Permutes the tree of binary digits: digit k is flipped by a hash of the digits above it. */
export function owenScramble(x: number, seed: number): number {
  let word = reverseBits(x)
  word = (word + seed) | 0
  word ^= Math.imul(word, 0x6c50b47c)
  word ^= Math.imul(word, 0xb82f1e52)
  word ^= Math.imul(word, 0xc7afe638)
  word ^= Math.imul(word, 0x8d22f6e6)
  return reverseBits(word) >>> 0
}

const directionCache: Uint32Array[] = []

/** v_1 .. v_32 of one dimension. Dimension 0 is van der Corput's sequence. */
function directionsOf(j: number): Uint32Array {
  directionCache[j] ??= expand(packedDirections()[j])
  return directionCache[j]
}

/** The recurrence of Joe and Kuo: m_k from a primitive polynomial of degree s with middle coefficients a. */
function expand({
  degree,
  coefficients,
  initial,
}: {
  degree: number
  coefficients: number
  initial: readonly number[]
}) {
  const v = new Uint32Array(BITS)
  for (let k = 0; k < BITS; k++) {
    if (degree === 0 || k < degree) {
      v[k] = (degree === 0 ? 1 : initial[k]) << (BITS - 1 - k)
      continue
    }
    let word = v[k - degree] ^ (v[k - degree] >>> degree)
    for (let i = 1; i < degree; i++) if ((coefficients >>> (degree - 1 - i)) & 1) word ^= v[k - i]
    v[k] = word
  }
  return v
}

function reverseBits(x: number): number {
  let word = x
  word = ((word >>> 1) & 0x55555555) | ((word & 0x55555555) << 1)
  word = ((word >>> 2) & 0x33333333) | ((word & 0x33333333) << 2)
  word = ((word >>> 4) & 0x0f0f0f0f) | ((word & 0x0f0f0f0f) << 4)
  word = ((word >>> 8) & 0x00ff00ff) | ((word & 0x00ff00ff) << 8)
  return (word >>> 16) | (word << 16)
}

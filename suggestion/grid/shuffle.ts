/**
 * A seeded permutation of 0 .. n-1 that is computed, not stored: a Feistel network of four rounds on the next even number
 * of bits, walked until it lands below n (cycle walking; Black and Rogaway 2002, doi:10.1007/3-540-45760-7_9).
 */
import { finalMix } from '#numerics'

/** The place of `i`; every place is taken once. n at most 2^52. */
export function shuffled(i: number, n: number, seed: number): number {
  const halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, n)) / 2))
  const half = 2 ** halfBits
  let place = i
  do {
    let left = Math.floor(place / half)
    let right = place % half
    for (let round = 1; round <= 4; round++) {
      const mixed = finalMix(finalMix(seed + round) ^ right) % half
      const next = (left + mixed) % half
      left = right
      right = next
    }
    place = left * half + right
  } while (place >= n)
  return place
}

/**
 * A hash of text: MurmurHash3_x86_128 with seed 0 over UTF-8 (Appleby 2011, public domain reference).
 *
 * Not for secrets. Used to seed streams and to scramble: every output bit depends on every input bit.
 */

/** Four unsigned 32-bit words. */
export function hash128(text: string): Uint32Array {
  const bytes = new TextEncoder().encode(text)
  const blockCount = bytes.length >>> 4
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const h = new Uint32Array(4)
  for (let block = 0; block < blockCount; block++) {
    for (let lane = 0; lane < 4; lane++) {
      h[lane] ^= mixKey(view.getUint32(block * 16 + lane * 4, true), lane)
      const turned = rotate(h[lane], turns[lane]) + h[(lane + 1) & 3]
      h[lane] = Math.imul(turned, 5) + increments[lane]
    }
  }
  const tail = bytes.subarray(blockCount * 16)
  for (let lane = 3; lane >= 0; lane--) {
    let key = 0
    for (let i = Math.min(tail.length, lane * 4 + 4) - 1; i >= lane * 4; i--) key = (key << 8) | tail[i]
    if (tail.length > lane * 4) h[lane] ^= mixKey(key, lane)
  }
  for (let lane = 0; lane < 4; lane++) h[lane] ^= bytes.length
  addAll(h)
  for (let lane = 0; lane < 4; lane++) h[lane] = finalMix(h[lane])
  addAll(h)
  return h
}

/** 53 bits of the bits of some doubles, as an integer. Not for text from outside: it is made for speed. */
export function hashPoint(point: Float64Array): number {
  const words = new Uint32Array(point.buffer, point.byteOffset, point.length * 2)
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i], 0xcc9e2d51)
    a ^= a >>> 15
    b = Math.imul(b + words[i], 0x1b873593)
    b ^= b >>> 13
    b = (b + a) | 0
  }
  return finalMix(a) * 0x200000 + (finalMix(b) >>> 11)
}

/** A bijection of 32-bit words that spreads every bit (the finaliser of MurmurHash3). */
export function finalMix(word: number): number {
  let h = word
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const constants = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93]
const keyTurns = [15, 16, 17, 18]
const turns = [19, 17, 15, 13]
const increments = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17]

function mixKey(key: number, lane: number): number {
  return Math.imul(rotate(Math.imul(key, constants[lane]), keyTurns[lane]), constants[(lane + 1) & 3])
}

function addAll(h: Uint32Array): void {
  h[0] += h[1] + h[2] + h[3]
  for (let lane = 1; lane < 4; lane++) h[lane] += h[0]
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

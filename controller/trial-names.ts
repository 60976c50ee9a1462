/**
 * Names of trials (protocol P2): `<experiment>-<8 characters>`, derived, never random.
 *
 * The characters are a bijection of the trial's index over the 27 letters that Kubernetes uses for generated names, keyed by
 * the Experiment's UID: two indexes of one experiment never meet, and the same index has the same name after any crash.
 * A Feistel network on 40 bits, walked until it lands below 27^8 (Black and Rogaway 2002, "Ciphers with arbitrary finite
 * domains", section 3).
 */

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const LENGTH = 8
const DOMAIN = ALPHABET.length ** LENGTH
const HALF = 2 ** 20
const ROUNDS = 6

/** `salt` counts the names that were taken by somebody else's Trial. */
export function trialName(experiment: string, experimentUid: string, index: number, salt = 0): string {
  const keys = Array.from({ length: ROUNDS }, (_, round) => hash(`${experimentUid}/${salt}/${round}`))
  let code = index
  do code = permute(code, keys)
  while (code >= DOMAIN)
  let suffix = ''
  for (let i = 0; i < LENGTH; i++) {
    suffix += ALPHABET[code % ALPHABET.length]
    code = Math.floor(code / ALPHABET.length)
  }
  return `${experiment}-${suffix}`
}

function permute(code: number, keys: readonly number[]): number {
  let left = Math.floor(code / HALF)
  let right = code % HALF
  for (const key of keys) [left, right] = [right, (left ^ mix(right ^ key)) & (HALF - 1)]
  return left * HALF + right
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return mix(value)
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * Instances as the COCO platform draws them, so that its values can be compared with ours.
 *
 * Source: Hansen et al. 2009, INRIA RR-6829, section 0.2, and the generator that its first implementation used: Park and
 * Miller's (1988, doi:10.1145/63039.63042), shuffled (Bays and Durham 1976), normal numbers by Box and Muller.
 */
import type { Instance, Vector } from '../../bench/problems/bbob/transforms.ts'

/** `count` numbers in (0, 1). */
export function cocoUniforms(count: number, seed: number): number[] {
  let state = Math.max(1, Math.abs(seed))
  const step = () => {
    const high = Math.floor(state / 127773)
    state = 16807 * (state - high * 127773) - 2836 * high
    if (state < 0) state += 2147483647
    return state
  }
  const shuffled = new Array<number>(32)
  for (let i = 39; i >= 0; i--) {
    const drawn = step()
    if (i < 32) shuffled[i] = drawn
  }
  let last = shuffled[0]
  return Array.from({ length: count }, () => {
    const drawn = step()
    const slot = Math.floor(last / 67108865)
    last = shuffled[slot]
    shuffled[slot] = drawn
    return last / 2147483647 || 1e-99
  })
}

/** Rows of an orthogonal matrix: Gram-Schmidt on the columns of normal numbers. */
function cocoRotation(d: number, seed: number): number[][] {
  const u = cocoUniforms(2 * d * d, seed)
  const columns = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => {
      const at = i * d + j
      return Math.sqrt(-2 * Math.log(u[at])) * Math.cos(2 * Math.PI * u[d * d + at])
    }),
  )
  for (const [i, column] of columns.entries()) {
    for (const before of columns.slice(0, i)) {
      const along = column.reduce((sum, v, k) => sum + v * before[k], 0)
      for (let k = 0; k < d; k++) column[k] -= along * before[k]
    }
    const length = Math.hypot(...column)
    for (let k = 0; k < d; k++) column[k] /= length
  }
  return Array.from({ length: d }, (_, k) => columns.map(column => column[k]))
}

/** Instance `i` of function `f`. */
export function cocoInstance(f: number, d: number, i: number): Instance {
  const seed = (f === 4 ? 3 : f === 18 ? 17 : f) + 10_000 * i
  const rotations = [cocoRotation(d, seed + 1_000_000), cocoRotation(d, seed)]
  const [r, q] = secondFirst.has(f) ? rotations.reverse() : rotations
  const product = (rows: readonly Vector[], x: Vector) => rows.map(row => row.reduce((s, v, j) => s + v * x[j], 0))
  const peakCount = f === 21 ? 101 : 21
  const lists = (f === 21 || f === 22 ? peaksOf(peakCount, d, seed) : [])[Symbol.iterator]()
  return {
    d,
    optimum: optimumOf(f, d, seed),
    t: Array.from({ length: d }, (_, k) => k / (d - 1)),
    rotate: x => product(r, x),
    rotateAgain: x => product(q, x),
    uniforms: () => [...(lists.next().value ?? [])],
  }
}

/** Functions whose R is what COCO calls the second rotation. */
const secondFirst: ReadonlySet<number> = new Set([6, 7, 9, 13, 19, 21, 22, 23, 24])

function optimumOf(f: number, d: number, seed: number): number[] {
  const u = cocoUniforms(2 * d, f === 12 ? seed + 1_000_000 : seed)
  // Of two only the signs count: of uniform numbers around a half, and of normal ones.
  if (f === 20) return u.slice(0, d).map(v => (v < 0.5 ? -1 : 1))
  if (f === 24) return u.slice(d).map(v => Math.sign(Math.cos(2 * Math.PI * v)))
  if (f === 21 || f === 22) return u.slice(0, d).map(v => 8 * v - 4)
  return u.slice(0, d).map(v => (8 * Math.floor(1e4 * v)) / 1e4 - 4 || -1e-5)
}

/** In the order in which `gallagher` asks: the places of all peaks but the first, conditionings, one order of axes a peak. */
function peaksOf(count: number, d: number, seed: number): number[][] {
  const places = cocoUniforms(count * d, seed)
  return [
    ...Array.from({ length: count - 1 }, (_, p) => places.slice((p + 1) * d, (p + 2) * d)),
    cocoUniforms(count - 1, seed),
    ...Array.from({ length: count }, (_, p) => cocoUniforms(d, seed + 1000 * p)),
  ]
}

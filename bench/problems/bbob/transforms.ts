/**
 * What the BBOB functions are made of: rotations, scalings, and the two transformations that break symmetry.
 *
 * Source: Hansen, Finck, Ros and Auger 2009, Real-parameter black-box optimization benchmarking: noiseless functions
 * definitions, INRIA RR-6829, section 0.2. Departs: f_opt is 0, and optima and rotations come from our own streams, so
 * instances are not those of the COCO platform.
 *
 * D parameters in [-5, 5] · t_i = (i - 1) / (D - 1) · x_opt · R, Q rotations · Λ^α = diag α^(t_i / 2)
 */
import { streamOf } from '#numerics'
import { rotationOf } from '../problem.ts'

export type Vector = readonly number[]

export interface Instance {
  readonly d: number
  /** Uniform in [-4, 4]. */
  readonly optimum: Vector
  readonly t: Vector
  rotate(x: Vector): number[]
  /** Q */
  rotateAgain(x: Vector): number[]
  /** Uniform in [0, 1), for what a function needs of its own. */
  uniforms(count: number): number[]
}

export function instanceOf(name: string, d: number): Instance {
  const [r, q] = [rotationOf(`${name} R`, d), rotationOf(`${name} Q`, d)]
  const rng = streamOf('bbob', name, 0)
  return {
    d,
    optimum: Array.from({ length: d }, () => 8 * rng.uniform() - 4),
    t: Array.from({ length: d }, (_, i) => i / (d - 1)),
    rotate: x => product(r, x),
    rotateAgain: x => product(q, x),
    uniforms: count => Array.from({ length: count }, () => rng.uniform()),
  }
}

function product(rows: readonly Vector[], x: Vector): number[] {
  return rows.map(row => row.reduce((sum, value, j) => sum + value * x[j], 0))
}

export const minus = (x: Vector, y: Vector) => x.map((value, i) => value - y[i])
/** Λ^α x */
export const scaled = (alpha: number, x: Vector, { t }: Instance) => x.map((value, i) => value * alpha ** (t[i] / 2))
export const sum = (x: Vector) => x.reduce((total, value) => total + value, 0)
export const penalty = (x: Vector) => sum(x.map(value => Math.max(0, Math.abs(value) - 5) ** 2))

/** T_osz: small ripples. */
export function ripple(x: number): number {
  if (x === 0) return 0
  const h = Math.log(Math.abs(x))
  const [c1, c2] = x > 0 ? [10, 7.9] : [5.5, 3.1]
  return Math.sign(x) * Math.exp(h + 0.049 * (Math.sin(c1 * h) + Math.sin(c2 * h)))
}

/** T_asy^β: the positive side grows faster. */
export const skewed = (beta: number, x: Vector, { t }: Instance) =>
  x.map((value, i) => (value > 0 ? value ** (1 + beta * t[i] * Math.sqrt(value)) : value))

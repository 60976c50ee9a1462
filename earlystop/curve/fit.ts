/**
 * The least-squares fit of y = c + a f(t; q): Levenberg-Marquardt over q alone, with the best c and a at each q.
 *
 * Golub and Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
 * separate", doi:10.1137/0710036; Marquardt 1963, doi:10.1137/0111030. The Jacobian is by differences. Shapes have at most
 * two parameters, so the damped normal equations are solved by hand. Never throws: a step that is not finite is not taken.
 *
 * t, y [n] the points · q [0..2] the shape, in logarithms · rss the sum of squared residuals
 */
import type { Family } from './families.ts'

export interface Fit {
  readonly q: readonly number[]
  readonly c: number
  readonly a: number
  readonly rss: number
  readonly residuals: readonly number[]
}

export function fitFrom(
  family: Family,
  start: readonly number[],
  points: { readonly t: readonly number[]; readonly y: readonly number[] },
  maxSteps: number,
): Fit {
  let fit = linearFit(family, start, points)
  let damping = 1e-2
  for (let step = 0; step < maxSteps && start.length > 0; step++) {
    const columns = start.map((_, k) => slope(family, fit, k, points))
    const moved = dampedStep(columns, fit.residuals, damping)
    const next = linearFit(
      family,
      fit.q.map((value, k) => clamp(value + moved[k])),
      points,
    )
    if (!(next.rss < fit.rss)) {
      damping *= 10
      if (damping > 1e6) break
      continue
    }
    const gain = 1 - next.rss / fit.rss
    fit = next
    damping /= 10
    if (gain < 1e-5) break
  }
  return fit
}

/** c and a in closed form. A shape that is level over the points explains nothing: a = 0. */
function linearFit(
  family: Family,
  q: readonly number[],
  { t, y }: { readonly t: readonly number[]; readonly y: readonly number[] },
): Fit {
  const f = t.map(at => family.basis(at, q))
  const n = t.length
  const meanF = f.reduce((sum, value) => sum + value, 0) / n
  const meanY = y.reduce((sum, value) => sum + value, 0) / n
  let covariance = 0
  let variance = 0
  for (let i = 0; i < n; i++) {
    covariance += (f[i] - meanF) * (y[i] - meanY)
    variance += (f[i] - meanF) ** 2
  }
  const a = variance > 1e-20 ? covariance / variance : 0
  const c = meanY - a * meanF
  const residuals = y.map((value, i) => value - c - a * f[i])
  const rss = residuals.reduce((sum, residual) => sum + residual * residual, 0)
  return { q, c, a, rss: Number.isFinite(rss) ? rss : Number.POSITIVE_INFINITY, residuals }
}

/** d residuals / d q_k, by a forward difference. */
function slope(
  family: Family,
  fit: Fit,
  k: number,
  points: { readonly t: readonly number[]; readonly y: readonly number[] },
): readonly number[] {
  const moved = linearFit(
    family,
    fit.q.map((value, i) => (i === k ? value + DIFFERENCE : value)),
    points,
  )
  return moved.residuals.map((residual, i) => (residual - fit.residuals[i]) / DIFFERENCE)
}

const DIFFERENCE = 1e-4

/** -(J'J + damping diag(J'J))^-1 J'r, at most one e-fold in any direction. */
function dampedStep(
  columns: readonly (readonly number[])[],
  residuals: readonly number[],
  damping: number,
): readonly number[] {
  const gradient = columns.map(column => dot(column, residuals))
  const diagonal = columns.map(column => dot(column, column) * (1 + damping) + 1e-18)
  const limited = (value: number) => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0)
  if (columns.length === 1) return [limited(-gradient[0] / diagonal[0])]
  const between = dot(columns[0], columns[1])
  const determinant = diagonal[0] * diagonal[1] - between * between
  return [
    limited(-(diagonal[1] * gradient[0] - between * gradient[1]) / determinant),
    limited(-(diagonal[0] * gradient[1] - between * gradient[0]) / determinant),
  ]
}

/** Shapes stay where their exponentials are finite. */
const clamp = (value: number) => Math.max(-12, Math.min(4, value))

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

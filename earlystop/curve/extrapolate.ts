/**
 * The best that a learning curve will show by report T, as a sample of values.
 *
 * Each family of `families.ts` is fitted from all of its starts to the last 80 % of the points and weighs exp(-BIC / 2). A
 * residual bootstrap (Efron 1979) then draws from the mixture: residuals put back in another order on the fitted curve, the
 * shape fitted again, then every report up to T with a residual of its own, since what will be reported is as noisy as what
 * was. The least of them is drawn, because what it is compared with is the least that others have reported.
 *
 * Values are counted from the smallest, in units of the range, so that an affine change of the losses changes nothing.
 */
import type { Rng } from '#numerics'
import { type Family, families } from './families.ts'
import { type Fit, fitFrom } from './fit.ts'

export interface Extrapolation {
  readonly values: readonly number[]
  /** How far the fitted curve falls over the points, against the spread of what it leaves unexplained. */
  readonly signalToNoise: number
}

/** `undefined`: the curve is level. `losses` [n] finite, report i + 1 at index i; n >= 4. */
export function extrapolate(losses: readonly number[], horizon: number, rng: Rng): Extrapolation | undefined {
  const low = Math.min(...losses)
  const range = Math.max(...losses) - low
  if (!(range > 0) || !Number.isFinite(range)) return undefined
  const points = thinned(losses.map(loss => (loss - low) / range))
  const fits = families.map(family => bestFit(family, points))
  const lowest = Math.min(...fits.map(({ bic }) => bic))
  const weights = fits.map(({ bic }) => Math.exp((lowest - bic) / 2))
  // Stratified: each family is drawn as often as it weighs.
  const values = Array.from({ length: BOOTSTRAPS }, (_, i) => {
    const chosen = fits[at((i + 0.5) / BOOTSTRAPS, weights)]
    return low + range * drawn(chosen, points, losses.length, horizon, rng)
  })
  const { family, fit } = fits[fits.findIndex(({ bic }) => bic === lowest)]
  const fitted = (t: number) => fit.c + fit.a * family.basis(t, fit.q)
  const spread = Math.sqrt(fit.rss / points.t.length)
  return { values, signalToNoise: Math.abs(fitted(points.t[0]) - fitted(points.t[points.t.length - 1])) / spread }
}

const BOOTSTRAPS = 50
/** Points a fit looks at; a longer curve is read at evenly spread ones. */
const MAX_POINTS = 32

interface Points {
  readonly t: readonly number[]
  readonly y: readonly number[]
}

function thinned(y: readonly number[]): Points {
  const first = Math.floor(0.2 * y.length)
  const count = Math.min(MAX_POINTS, y.length - first)
  const indexes = Array.from({ length: count }, (_, k) =>
    Math.round(first + (k * (y.length - 1 - first)) / Math.max(1, count - 1)),
  )
  return { t: indexes.map(i => i + 1), y: indexes.map(i => y[i]) }
}

function bestFit(family: Family, points: Points): { family: Family; fit: Fit; bic: number } {
  const n = points.t.length
  const starts = family.starts(points.t[n - 1])
  const fit = starts.map(start => fitFrom(family, start, points, 12)).reduce((a, b) => (b.rss < a.rss ? b : a))
  // Below 1e-6 of the range a fit is perfect; how perfect is rounding.
  const bic = n * Math.log(Math.max(fit.rss / n, 1e-12)) + (2 + fit.q.length) * Math.log(n)
  return { family, fit, bic }
}

function drawn(
  { family, fit }: { family: Family; fit: Fit },
  points: Points,
  seen: number,
  horizon: number,
  rng: Rng,
): number {
  const n = fit.residuals.length
  // A fit takes up a part of the noise, a degree of freedom for each of its parameters.
  const widened = Math.sqrt(n / Math.max(1, n - 2 - fit.q.length))
  const residual = () => widened * fit.residuals[rng.integer(n)]
  const y = points.y.map((value, i) => value - fit.residuals[i] + residual())
  const again = fitFrom(family, fit.q, { t: points.t, y }, 4)
  let least = Number.POSITIVE_INFINITY
  for (let t = seen + 1; t <= horizon; t++)
    least = Math.min(least, again.c + again.a * family.basis(t, again.q) + residual())
  return least
}

/** The index in whose stretch of the weights, laid end to end, `share` of the whole lies. */
function at(share: number, weights: readonly number[]): number {
  let left = share * weights.reduce((sum, weight) => sum + weight, 0)
  const found = weights.findIndex(weight => {
    left -= weight
    return left <= 0
  })
  return Math.max(0, found)
}

/** What a Parzen mixture is made from and made of. */
import type { Rng } from '#numerics'
import type { Axis } from '../axis.ts'

export interface MixtureSpec {
  readonly axes: readonly Axis[]
  /** Which coordinates of the points the mixture models. */
  readonly dimensions: readonly number[]
  readonly points: readonly Float64Array[]
  /** One per point; need not sum to 1. */
  readonly weights: ArrayLike<number>
  readonly priorWeight: number
  /** Smallest bandwidth, as a share of the range. */
  readonly minBandwidth: number
}

/** What a mixture is made of: all components at once, and each for itself. */
export interface Components {
  logDensities(points: readonly Float64Array[]): Float64Array
  /** Of one component; writes the modelled coordinates of `into`. */
  sample(component: number, rng: Rng, into: Float64Array): void
}

/**
 * Learning curves as a simulator draws them: y(t) = c + (y0 - c) (1 + t / tau)^-b + noise, lower is better, c the end that
 * counts. How much an early value says of the end is the preset: where the rate b hangs on c, curves cross.
 *
 * c end · y0 start · tau, b pace · noise sigma at every report
 */
import { streamOf } from '#numerics'

export const presets = ['easy', 'medium', 'adversarial'] as const
export type Preset = (typeof presets)[number]

/** Noise at every report, and how strongly good ends come slowly: 0 not at all, 1 the best are the last to show it. */
const character: Record<Preset, { noise: number; crossing: number }> = {
  easy: { noise: 0.005, crossing: 0 },
  medium: { noise: 0.02, crossing: 0.35 },
  adversarial: { noise: 0.04, crossing: 1 },
}

export interface SimulatedCurve {
  /** The losses without noise, falling. */
  readonly truth: readonly number[]
  readonly losses: readonly number[]
}

/** Trial `index` of an experiment: the same at every call. */
export function learningCurve(preset: Preset, seed: number, index: number, epochs: number): SimulatedCurve {
  const { noise, crossing } = character[preset]
  const rng = streamOf(seed, `curve-${preset}`, index)
  // Quality 0 is the best. Limits spread over [0.05, 0.65], rates over [0.8, 2.4].
  const quality = rng.uniform()
  const c = 0.05 + 0.6 * quality
  const y0 = 1 + 0.1 * rng.normal()
  const pace = crossing * quality + (1 - crossing) * rng.uniform()
  const b = 0.8 + 1.6 * pace
  const tau = (1 + 3 * rng.uniform()) * (1 + 2 * crossing * (1 - quality))
  const truth = Array.from({ length: epochs }, (_, i) => c + (y0 - c) * (1 + (i + 1) / tau) ** -b)
  return { truth, losses: truth.map(loss => loss + noise * rng.normal()) }
}

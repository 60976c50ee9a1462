/**
 * Shapes of learning curves, each y = c + a f(t; q) with f falling from its start towards 0, so that c and a are found by
 * linear least squares and only the shape q is searched.
 *
 * Domhan, Springenberg and Hutter 2015, "Speeding up Automatic Hyperparameter Optimization of Deep Neural Networks by
 * Extrapolation of Learning Curves", table 1: pow3, exp3, ilog2 (with t + 2, finite from the first report on), MMF (mmf4)
 * and Janoschek.
 *
 * t >= 1 reports · q logarithms of the shape's parameters · scale: a typical t, what rates are counted in
 */
export interface Family {
  readonly name: 'pow3' | 'exp3' | 'ilog2' | 'mmf4' | 'janoschek'
  /** Where searches for the shape start; one empty start for a shape without parameters. */
  starts(scale: number): readonly (readonly number[])[]
  basis(t: number, q: readonly number[]): number
}

export const families: readonly Family[] = [
  {
    name: 'pow3',
    starts: () => [0.2, 0.5, 1, 1.5, 2.5].map(power => [Math.log(power)]),
    basis: (t, [power]) => t ** -Math.exp(power),
  },
  {
    name: 'exp3',
    starts: scale => rates(scale).map(rate => [rate]),
    basis: (t, [rate]) => Math.exp(-Math.exp(rate) * t),
  },
  { name: 'ilog2', starts: () => [[]], basis: t => 1 / Math.log(t + 2) },
  {
    name: 'mmf4',
    starts: scale => rates(scale).map(rate => [rate, 0]),
    basis: (t, [rate, power]) => 1 / (1 + (Math.exp(rate) * t) ** Math.exp(power)),
  },
  {
    name: 'janoschek',
    starts: scale => rates(scale).map(rate => [rate, 0]),
    basis: (t, [rate, power]) => Math.exp(-Math.exp(rate) * t ** Math.exp(power)),
  },
]

/** Logarithms of five rates around one per `scale`. */
const rates = (scale: number) => [0.3, 1, 3, 10, 30].map(times => Math.log(times / scale))

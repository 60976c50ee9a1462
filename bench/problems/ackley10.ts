/** Ackley's function of ten numbers on [-5, 10] (Ackley 1987; box of Eriksson et al. 2019), and a copy moved off its place. */
import { numericProblem, shiftOf } from './problem.ts'

const box = Array.from({ length: 10 }, () => [-5, 10] as const)

function ackley(x: readonly number[]): number {
  const squares = x.reduce((sum, value) => sum + value * value, 0) / x.length
  const waves = x.reduce((sum, value) => sum + Math.cos(2 * Math.PI * value), 0) / x.length
  return -20 * Math.exp(-0.2 * Math.sqrt(squares)) - Math.exp(waves) + 20 + Math.E
}

export const ackley10 = numericProblem('ackley10', box, 0, ackley)

/** The optimum lies anywhere in the middle four fifths of the box. */
const optimum = shiftOf('ackley10shift', 10).map(s => 2.5 + 6 * s)
export const ackley10shift = numericProblem('ackley10shift', box, 0, x =>
  ackley(x.map((value, i) => value - optimum[i])),
)

/** Branin (Branin 1972): two numbers, three equal optima, smooth. */
import { numericProblem } from './problem.ts'

const b = 5.1 / (4 * Math.PI ** 2)

export const branin = numericProblem(
  'branin',
  [
    [-5, 10],
    [0, 15],
  ],
  0.39788735772973816,
  ([x, y]) => (y - b * x * x + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10,
)

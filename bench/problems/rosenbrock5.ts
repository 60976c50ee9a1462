/** Rosenbrock's valley of five numbers on [-5, 10] (Rosenbrock 1960), and a rotated copy with its optimum elsewhere. */
import { numericProblem, rotationOf, shiftOf } from './problem.ts'

const box = Array.from({ length: 5 }, () => [-5, 10] as const)

function rosenbrock(x: readonly number[]): number {
  let sum = 0
  for (let i = 0; i + 1 < x.length; i++) sum += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
  return sum
}

export const rosenbrock5 = numericProblem('rosenbrock5', box, 0, rosenbrock)

const optimum = shiftOf('rosenbrock5rotated', 5).map(s => 2.5 + 5 * s)
const rotation = rotationOf('rosenbrock5rotated', 5)
export const rosenbrock5rotated = numericProblem('rosenbrock5rotated', box, 0, x =>
  rosenbrock(rotation.map(row => 1 + row.reduce((sum, r, i) => sum + r * (x[i] - optimum[i]), 0))),
)

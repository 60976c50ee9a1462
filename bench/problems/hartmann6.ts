/** Hartmann's function of six numbers (Hartmann 1973): smooth, with a well known local optimum. */
import { numericProblem } from './problem.ts'

const weights = [1, 1.2, 3, 3.2]
const scales = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
]
const centres = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
]

export const hartmann6 = numericProblem(
  'hartmann6',
  Array.from({ length: 6 }, () => [0, 1] as const),
  -3.322368011415515,
  x =>
    -weights.reduce((sum, weight, i) => {
      const distance = x.reduce((total, value, j) => total + scales[i][j] * (value - centres[i][j] / 1e4) ** 2, 0)
      return sum + weight * Math.exp(-distance)
    }, 0),
)

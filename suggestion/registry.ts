/** Every built-in algorithm, by algorithmName. One line makes an algorithm known to admission, suggest and all tests. */
import type { Algorithm } from './algorithm.ts'
import { asha } from './asha/asha.ts'
import { auto } from './auto/auto.ts'
import { bayesianoptimization } from './bayesianoptimization/bayesianoptimization.ts'
import { bohb } from './bohb/bohb.ts'
import { cmaes } from './cmaes/cmaes.ts'
import { grid } from './grid/grid.ts'
import { hyperband } from './hyperband/hyperband.ts'
import { multivariateTpe } from './multivariate-tpe/multivariate-tpe.ts'
import { pbt } from './pbt/pbt.ts'
import { random } from './random/random.ts'
import { sobol } from './sobol/sobol.ts'
import { tpe } from './tpe/tpe.ts'

const builtIn: readonly Algorithm[] = [
  auto,
  random,
  grid,
  sobol,
  tpe,
  multivariateTpe,
  bayesianoptimization,
  cmaes,
  hyperband,
  asha,
  bohb,
  pbt,
]

export const algorithms: ReadonlyMap<string, Algorithm> = new Map(builtIn.map(algorithm => [algorithm.name, algorithm]))

export function findAlgorithm(name: string): Algorithm | undefined {
  return algorithms.get(name)
}

/** Names within three edits of `name`, nearest first. */
export function nearestNames(name: string, names: Iterable<string> = algorithms.keys()): string[] {
  return [...names]
    .map(candidate => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= 3)
    .sort((a, b) => a.edits - b.edits)
    .map(({ candidate }) => candidate)
}

/** Insertions, deletions and substitutions (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]
}

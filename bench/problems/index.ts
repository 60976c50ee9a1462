/**
 * The tasks of the race, by name.
 *
 * Synthetic ones are here always, tables where their files are, training where scikit-learn is. Each is in a file of its own.
 * A new task is one more line below; the race takes it up by its name. BBOB's are asked for by name: `bbob-f8-d10-i1`.
 */
import { ackley10, ackley10shift } from './ackley10.ts'
import { bbobProblem } from './bbob/index.ts'
import { branin } from './branin.ts'
import { hartmann6 } from './hartmann6.ts'
import { levy8mixed, levy8shift } from './levy8mixed.ts'
import type { BenchProblem } from './problem.ts'
import { rosenbrock5, rosenbrock5rotated } from './rosenbrock5.ts'
import { sklearnNames, sklearnProblem } from './sklearn.ts'
import { tableNames, tableProblem } from './tables.ts'

const synthetic = [branin, hartmann6, ackley10, ackley10shift, rosenbrock5, rosenbrock5rotated, levy8mixed, levy8shift]

/** What can be run here. */
export function problemNames(): readonly string[] {
  return [...synthetic.map(({ name }) => name), ...tableNames(), ...sklearnNames()]
}

/** The tasks of the goals: Levy's function in the copy that is moved off the centre. */
export function goalTasks(): readonly string[] {
  const here = new Set(problemNames())
  const functions = ['branin', 'hartmann6', 'ackley10', 'ackley10shift', 'rosenbrock5', 'levy8shift']
  return [...functions, 'svm_diabetes', 'fcnet_protein_structure', 'hpobench_vehicle', 'nas201_cifar100'].filter(name =>
    here.has(name),
  )
}

export function findProblem(name: string): BenchProblem {
  const found = synthetic.find(problem => problem.name === name)
  if (found) return found
  if (tableNames().includes(name)) return tableProblem(name)
  const trained = sklearnProblem(name)
  if (trained) return trained
  const bbob = bbobProblem(name)
  if (bbob) return bbob
  throw new Error(`unknown problem "${name}" (known: ${problemNames().join(', ')})`)
}

/** `bbob-d10` stands for the 24 functions of BBOB in 10 dimensions; every other name for itself. */
export function tasksOf(name: string): string[] {
  const d = /^bbob-d(\d+)$/.exec(name)?.[1]
  return d === undefined ? [name] : Array.from({ length: 24 }, (_, i) => `bbob-f${i + 1}-d${d}-i1`)
}

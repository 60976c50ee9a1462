/**
 * Real training tasks where Python with scikit-learn is: one process serves all evaluations, so that every engine is scored
 * by the same code. Python is `$QALAM_PEER_PYTHON`, else python3; without scikit-learn the tasks are out.
 *
 * Nobody knows the true optima. They are a little below the best of some hundred trials, and set the scale alone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Parameter } from '#api'
import type { BenchProblem, Values } from './problem.ts'

const python = process.env.QALAM_PEER_PYTHON ?? 'python3'

const double = (name: string, min: string, max: string, distribution?: 'logUniform'): Parameter => ({
  name,
  parameterType: 'double',
  feasibleSpace: { min, max, ...(distribution ? { distribution } : {}) },
})
const int = (name: string, min: string, max: string): Parameter => ({
  name,
  parameterType: 'int',
  feasibleSpace: { min, max },
})

const tasks: Readonly<Record<string, { readonly optimum: number; readonly parameters: readonly Parameter[] }>> = {
  svm_diabetes: {
    optimum: 2900,
    parameters: [
      double('C', '1', '1000', 'logUniform'),
      double('gamma', '0.0001', '0.001', 'logUniform'),
      double('tol', '0.00001', '0.1', 'logUniform'),
    ],
  },
  forest_diabetes: {
    optimum: 3250,
    parameters: [
      int('max_depth', '1', '15'),
      ...['min_samples_split', 'min_samples_leaf'].map(name => double(name, '0.01', '0.49')),
      double('max_features', '0.01', '0.99'),
    ],
  },
}

/** Empty where scikit-learn is not. */
export function sklearnNames(): readonly string[] {
  return spawnSync(python, ['-c', 'import sklearn']).status === 0 ? Object.keys(tasks) : []
}

/** `undefined`: no task of that name. */
export function sklearnProblem(name: string): BenchProblem | undefined {
  if (!Object.hasOwn(tasks, name)) return undefined
  return { name, ...tasks[name], evaluate: values => evaluateBy(name, values) }
}

interface Server {
  readonly child: ChildProcess
  readonly lines: AsyncIterator<string>
}

let server: Server | undefined

async function evaluateBy(task: string, values: Values): Promise<number> {
  server ??= started()
  server.child.stdin?.write(`${JSON.stringify({ task, values })}\n`)
  const { value, done } = await server.lines.next()
  if (done) throw new Error(`${task}: the Python process has ended`)
  return JSON.parse(value).value
}

/** A process that trains holds its caller open: a race says when it is over. */
export function endTraining(): void {
  server?.child.kill()
  server = undefined
}

function started(): Server {
  const child = spawn(python, [join(import.meta.dirname, 'sklearn_tasks.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill())
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

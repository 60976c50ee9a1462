/** A task of the race: a space, an objective to minimise, and what its best value is. */
import type { Parameter } from '#api'
import { type Rng, streamOf } from '#numerics'

export type Values = Readonly<Record<string, string>>

export interface BenchProblem {
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly optimum: number
  /** Deterministic. NaN: the trial fails. */
  evaluate(values: Values): number | Promise<number>
}

/** One that answers at once. */
export interface ComputedProblem extends BenchProblem {
  evaluate(values: Values): number
}

/** A function of d numbers, each on [low, high]. */
export function numericProblem(
  name: string,
  bounds: readonly (readonly [number, number])[],
  optimum: number,
  f: (x: readonly number[]) => number,
): ComputedProblem {
  const parameters = bounds.map(([low, high], i) => numberParameter(`x${i}`, low, high))
  return {
    name,
    parameters,
    optimum,
    evaluate: values => f(parameters.map(parameter => Number(values[parameter.name]))),
  }
}

export function numberParameter(name: string, low: number, high: number): Parameter {
  return { name, parameterType: 'double', feasibleSpace: { min: String(low), max: String(high) } }
}

/** `d` numbers in [-1, 1], the same for the same name: how far a copy's optimum is moved. */
export function shiftOf(name: string, d: number): number[] {
  const rng: Rng = streamOf('shift', name, 0)
  return Array.from({ length: d }, () => 2 * rng.uniform() - 1)
}

/** A d x d rotation, uniform, the same for the same name: Gram-Schmidt on normal rows. */
export function rotationOf(name: string, d: number): number[][] {
  const rng = streamOf('rotation', name, 0)
  const rows: number[][] = []
  while (rows.length < d) {
    const row = Array.from({ length: d }, () => rng.normal())
    for (const other of rows) {
      const along = row.reduce((sum, x, i) => sum + x * other[i], 0)
      for (let i = 0; i < d; i++) row[i] -= along * other[i]
    }
    const length = Math.hypot(...row)
    if (length > 1e-6) rows.push(row.map(x => x / length))
  }
  return rows
}

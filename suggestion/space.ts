/** The search space and the only converter between a user's values and the unit cube. */
import type { Parameter, ParameterAssignment } from '#api'
import { hashPoint } from '#numerics'
import { type Axis, continuousAxis, decimalsOf, isNumeric, listAxis, steppedAxis } from './axis.ts'

/** What is searched. */
export interface Problem {
  /** In the order of the Experiment. */
  readonly parameters: readonly Parameter[]
  readonly objectiveCount: number
  readonly maxTrialCount?: number
  readonly parallelTrialCount: number
  readonly parameterConstraints?: readonly string[]
  /** Assignments the user wants tried first, by parameter name. */
  readonly initialTrials?: readonly Readonly<Record<string, string>>[]
}

/** Values by parameter name, as a trial carries them. */
export type Values = Readonly<Record<string, string>>

/** The parameters as axes of [0, 1]^d, one each, in the order of the Experiment. */
export interface Space {
  readonly axes: readonly Axis[]
  /** How many different points there are; Infinity with a continuous axis. */
  readonly cellCount: number
  /** `undefined`: a parameter is missing, or a value belongs to no axis. Values off a grid go to the nearest one. */
  toPoint(values: Values): Float64Array | undefined
  /** Lossless: the texts read back as the same point. */
  toAssignments(point: Float64Array): ParameterAssignment[]
  /** The place of the values that `point` prints as. Snapping twice changes nothing. */
  snap(point: Float64Array): Float64Array
  /** Of a snapped point: equal for points that print as the same values, and for no others but by a chance of 2^-53. */
  keyOf(point: Float64Array): number
}

/** The space of parameters that `spaceRefusal` found nothing wrong with. Kept per problem. */
export function createSpace(problem: Problem): Space {
  const known = spaces.get(problem)
  if (known) return known
  const axes = problem.parameters.map(axisOf)
  const toAssignments = (point: Float64Array) =>
    axes.map((axis, i) => ({ name: axis.name, value: axis.toText(point[i]) }))
  const space: Space = {
    axes,
    cellCount: axes.reduce((count, axis) => count * axis.levels, 1),
    toPoint(values) {
      const point = new Float64Array(axes.length)
      for (const [i, axis] of axes.entries()) {
        const text = Object.hasOwn(values, axis.name) ? values[axis.name] : undefined
        const u = text === undefined ? undefined : axis.toUnit(text)
        if (u === undefined) return undefined
        point[i] = u
      }
      return point
    },
    toAssignments,
    snap(point) {
      const snapped = new Float64Array(axes.length)
      for (let i = 0; i < snapped.length; i++) snapped[i] = axes[i].snap(point[i])
      return snapped
    },
    keyOf: hashPoint,
  }
  spaces.set(problem, space)
  return space
}

const spaces = new WeakMap<Problem, Space>()

/** Assignments as a record by name. */
export function valuesOf(assignments: readonly ParameterAssignment[]): Values {
  return Object.fromEntries(assignments.map(({ name, value }) => [name, value]))
}

function axisOf({ name, parameterType, feasibleSpace }: Parameter): Axis {
  const { min, max, step, list, distribution } = feasibleSpace
  if (parameterType === 'categorical') return listAxis(name, list ?? [], false)
  if (parameterType === 'discrete') return listAxis(name, list ?? [], (list ?? []).every(isNumeric))
  const kind = distribution === undefined || distribution === 'unknown' ? 'uniform' : distribution
  const isInt = parameterType === 'int'
  const low = isInt ? Math.ceil(Number(min)) : Number(min)
  const high = isInt ? Math.floor(Number(max)) : Number(max)
  const width = hasStep(step) ? Number(step) : isInt ? 1 : undefined
  if (low === high) return steppedAxis(name, { low, step: 1, levels: 1, decimals: decimalsOf(String(low)) }, 'uniform')
  if (width === undefined) return continuousAxis(name, low, high, kind)
  // A billionth of a step forgives the rounding of (max - min) / step, so that 0 .. 1 by 0.1 has its 11 values.
  const levels = Math.floor((high - low) / width + 1e-9) + 1
  const decimals = Math.max(decimalsOf(String(low)), decimalsOf(step ?? '1'))
  return steppedAxis(name, { low, step: width, levels, decimals }, kind)
}

function hasStep(step: string | undefined): step is string {
  return step !== undefined && step !== ''
}

/**
 * Successive halving over a parameter that is the resource: settings, rungs and the labels that carry a trial's place.
 *
 * Source: Li et al. 2018, Hyperband, JMLR 18(185), algorithm 1. A promotion is a new trial with the same other values and
 * more of the resource; its labels name its parent, from a copy of whose checkpoint directory it starts.
 *
 * R most resource one trial gets (r_l) · η (eta) · s bracket, R η^-s its first resource · i rung · n_i trials of rung i
 */
import { z } from 'zod'
import { CHECKPOINT_SETTING, PREFIX } from '#api'
import { PARENT_LABEL } from '../lineage.ts'
import { integerSetting, optionalText, randomState, requiredNumber, textSetting } from '../setting.ts'
import { createSpace, type Problem } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'

export const HalvingSettings = z.strictObject({
  r_l: requiredNumber({ min: 0, exclusive: true, about: 'most resource that one trial gets' }),
  resource_name: textSetting({ about: 'the parameter that is the resource, such as the number of epochs' }),
  eta: integerSetting({ default: 3, min: 2, about: 'one of eta trials goes on, with eta times the resource' }),
  [CHECKPOINT_SETTING]: optionalText({
    about: "where a trial's checkpoints are mounted; a promoted trial starts with its parent's",
  }),
  random_state: randomState,
})
export type HalvingSettings = z.output<typeof HalvingSettings>

export const BRACKET_LABEL = `${PREFIX}/bracket`
export const RUNG_LABEL = `${PREFIX}/rung`

/** A trial's place; `undefined` for a trial of another origin. */
export function placeOf({ labels }: Pick<Suggestion, 'labels'>) {
  const bracket = labels?.[BRACKET_LABEL]
  const rung = labels?.[RUNG_LABEL]
  if (bracket === undefined || rung === undefined) return undefined
  const parent = labels?.[PARENT_LABEL]
  return { bracket: Number(bracket), rung: Number(rung), parent: parent === undefined ? undefined : Number(parent) }
}

/** s_max: how often R can be divided by η before it falls below the least resource; by multiplication, not logarithms. */
export function deepestBracket(least: number, most: number, eta: number): number {
  let depth = 0
  for (let resource = least * eta; resource <= most * (1 + 1e-9); resource *= eta) depth++
  return depth
}

/** n_0, n_1, ..., n_s of bracket s: the table of the paper. */
export function bracketSizes(s: number, sMax: number, eta: number): number[] {
  const first = Math.ceil(((sMax + 1) / (s + 1)) * eta ** s - 1e-9)
  return Array.from({ length: s + 1 }, (_, i) => Math.floor(first / eta ** i + 1e-9))
}

/** The resource axis and the coordinates of the rungs from the least resource to R. */
export function ladderOf(problem: Problem, settings: HalvingSettings) {
  const { axes } = createSpace(problem)
  const resourceAxis = axes.findIndex(axis => axis.name === settings.resource_name)
  const axis = axes[resourceAxis]
  const sMax = deepestBracket(leastResource(problem, settings), settings.r_l, settings.eta)
  const isInt = problem.parameters[resourceAxis].parameterType === 'int'
  const rungs = Array.from({ length: sMax + 1 }, (_, k) => {
    const resource = settings.r_l / settings.eta ** (sMax - k)
    return axis.toUnit(String(isInt ? Math.floor(resource + 1e-9) : resource)) ?? 1
  })
  return { resourceAxis, sMax, rungs }
}

function leastResource({ parameters }: Problem, { resource_name }: HalvingSettings): number {
  const parameter = parameters.find(({ name }) => name === resource_name)
  const min = Number(parameter?.feasibleSpace.min)
  return parameter?.parameterType === 'int' ? Math.max(1, min) : min > 0 ? min : 1
}

export function refusesHalving(problem: Problem, settings: HalvingSettings): string | undefined {
  const { resource_name: name, r_l: most } = settings
  const parameter = problem.parameters.find(candidate => candidate.name === name)
  if (!parameter) {
    const names = problem.parameters.map(candidate => candidate.name).join(', ')
    return `resource_name must be a parameter (${names}), got "${name}"`
  }
  if (parameter.parameterType !== 'int' && parameter.parameterType !== 'double') {
    return `resource_name must be a parameter of type int or double, "${name}" is ${parameter.parameterType}`
  }
  const { min } = parameter.feasibleSpace
  return most < Number(min) ? `r_l must not be below the minimum of "${name}" (${min}), got ${most}` : undefined
}

/** The resource reaches r_l whatever its bounds say, as Katib's does. */
export function withResource(problem: Problem, { resource_name, r_l }: HalvingSettings): Problem {
  const parameters = problem.parameters.map(parameter => {
    const { feasibleSpace } = parameter
    if (parameter.name !== resource_name || !(Number(feasibleSpace.max) < r_l)) return parameter
    return { ...parameter, feasibleSpace: { ...feasibleSpace, max: String(r_l) } }
  })
  return { ...problem, parameters }
}

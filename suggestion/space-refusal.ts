/** What is wrong with a search space, told to the user at admission: every problem at once. */
import type { Parameter, SpecProblem } from '#api'
import { isNumeric } from './axis.ts'
import { createSpace, type Problem } from './space.ts'

/** Empty: `createSpace` may be called. Paths are those of an Experiment. */
export function spaceRefusal(problem: Problem): SpecProblem[] {
  const { parameters } = problem
  const problems = parameters.flatMap((parameter, i) => parameterRefusal(parameter, `spec.parameters[${i}]`))
  for (const [i, { name }] of parameters.entries()) {
    if (parameters.findIndex(other => other.name === name) === i) continue
    problems.push({ path: `spec.parameters[${i}].name`, reason: 'Duplicate', message: `the name "${name}" is taken` })
  }
  if (problems.length === 0) problems.push(...initialTrialsRefusal(problem))
  return problems
}

function parameterRefusal({ name, parameterType, feasibleSpace }: Parameter, path: string): SpecProblem[] {
  const found: SpecProblem[] = []
  const refuse = (field: string, message: string) =>
    found.push({ path: `${path}${field}`, reason: 'Invalid', message: `parameter "${name}": ${message}` })
  const { min, max, step, list, distribution } = feasibleSpace
  if (parameterType === 'unknown') {
    refuse('.parameterType', 'expected one of double, int, discrete, categorical, got "unknown"')
    return found
  }
  if (parameterType === 'categorical' || parameterType === 'discrete') {
    if (!list?.length) refuse('.feasibleSpace.list', 'expected at least one value, got none')
    return found
  }
  const bounds = { min, max, ...(step === undefined || step === '' ? {} : { step }) }
  for (const [field, text] of Object.entries(bounds)) {
    if (!isNumeric(text ?? '')) refuse(`.feasibleSpace.${field}`, `expected a finite number, got "${text ?? ''}"`)
  }
  if (found.length > 0) return found
  const low = parameterType === 'int' ? Math.ceil(Number(min)) : Number(min)
  const high = parameterType === 'int' ? Math.floor(Number(max)) : Number(max)
  if (Number(min) > Number(max)) refuse('.feasibleSpace.min', `expected a number not above max (${max}), got "${min}"`)
  else if (low > high)
    refuse('.feasibleSpace.min', `expected an integer between min (${min}) and max (${max}), found none`)
  if (bounds.step !== undefined && !(Number(step) > 0))
    refuse('.feasibleSpace.step', `expected a number above 0, got "${step}"`)
  if (parameterType === 'int' && bounds.step !== undefined && !Number.isInteger(Number(step)))
    refuse('.feasibleSpace.step', `expected an integer, as the parameter is an int, got "${step}"`)
  if ((distribution === 'logUniform' || distribution === 'logNormal') && !(low > 0))
    refuse('.feasibleSpace.min', `expected a number above 0, as the distribution is ${distribution}, got "${min}"`)
  return found
}

/** What a user wants tried first must be a point of the space; parameters left out are filled in. */
function initialTrialsRefusal(problem: Problem): SpecProblem[] {
  const { axes } = createSpace(problem)
  return (problem.initialTrials ?? []).flatMap((values, i) =>
    Object.entries(values).flatMap(([name, text]): SpecProblem[] => {
      const path = `spec.initialTrials[${i}]["${name}"]`
      const axis = axes.find(candidate => candidate.name === name)
      if (!axis) {
        const names = axes.map(candidate => candidate.name).join(', ')
        return [{ path, reason: 'NotSupported', message: `expected a parameter (${names}), got "${name}"` }]
      }
      const u = axis.toUnit(text)
      if (u === undefined) return [{ path, reason: 'Invalid', message: `expected a value of "${name}", got "${text}"` }]
      const nearest = axis.toText(u)
      const isSame = nearest === text || Math.abs(Number(nearest) - Number(text)) <= 1e-12 * Math.abs(Number(text))
      if (isSame) return []
      return [
        { path, reason: 'Invalid', message: `expected a value of "${name}", nearest "${nearest}", got "${text}"` },
      ]
    }),
  )
}

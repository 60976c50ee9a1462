/** What may vary: parameters, their feasible space, and one assignment of values. */
import { z } from 'zod'

export const ParameterType = z.enum(['double', 'int', 'discrete', 'categorical', 'unknown'])
export type ParameterType = z.output<typeof ParameterType>

export const Distribution = z.enum(['uniform', 'logUniform', 'normal', 'logNormal', 'unknown'])
export type Distribution = z.output<typeof Distribution>

/** Bounds and step are numeric strings, as Katib spells them. */
export const FeasibleSpace = z.looseObject({
  max: z.string().optional().describe('Largest value of an int or double, a number in quotes.'),
  min: z.string().optional().describe('Smallest value of an int or double, a number in quotes.'),
  list: z.array(z.string()).optional().describe('Values of a discrete or categorical parameter.'),
  step: z.string().optional().describe('Distance between two values of an int or double, counted from min.'),
  distribution: Distribution.optional().describe('How values are drawn between min and max; uniform by default.'),
})
export type FeasibleSpace = z.output<typeof FeasibleSpace>

export const Parameter = z.looseObject({
  name: z.string().describe('Unique among the parameters; trialParameters refer to it.'),
  parameterType: ParameterType.describe('What a value is: a number, or one of a list.'),
  feasibleSpace: FeasibleSpace.describe('The values that may be tried.'),
})
export type Parameter = z.output<typeof Parameter>

/** An empty value is absent in what Katib's clients write. */
export const ParameterAssignment = z.looseObject({ name: z.string(), value: z.string().default('') })
export type ParameterAssignment = z.output<typeof ParameterAssignment>

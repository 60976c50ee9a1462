/** What may vary: parameters, their feasible space, and one assignment of values. */
import { z } from 'zod'

export const ParameterType = z.enum(['double', 'int', 'discrete', 'categorical', 'unknown'])
export type ParameterType = z.output<typeof ParameterType>

export const Distribution = z.enum(['uniform', 'logUniform', 'normal', 'logNormal', 'unknown'])
export type Distribution = z.output<typeof Distribution>

/** Bounds and step are numeric strings, as Katib spells them. */
export const FeasibleSpace = z.looseObject({
  max: z.string().optional(),
  min: z.string().optional(),
  list: z.array(z.string()).optional(),
  step: z.string().optional(),
  distribution: Distribution.optional(),
})
export type FeasibleSpace = z.output<typeof FeasibleSpace>

export const Parameter = z.looseObject({
  name: z.string(),
  parameterType: ParameterType,
  feasibleSpace: FeasibleSpace,
})
export type Parameter = z.output<typeof Parameter>

/** An empty value is absent in what Katib's clients write. */
export const ParameterAssignment = z.looseObject({ name: z.string(), value: z.string().default('') })
export type ParameterAssignment = z.output<typeof ParameterAssignment>

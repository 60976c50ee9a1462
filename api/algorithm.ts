/** Which algorithm searches, which rule stops trials early, and their settings. */
import { z } from 'zod'

/** An empty value is absent in what Katib's clients write. */
export const Setting = z.looseObject({ name: z.string(), value: z.string().default('') })
export type Setting = z.output<typeof Setting>

export const AlgorithmSpec = z.looseObject({
  algorithmName: z.string().default('').describe('A name that this installation knows.'),
  algorithmSettings: z.array(Setting).optional().describe('Settings of the algorithm, all of them texts.'),
})
export type AlgorithmSpec = z.output<typeof AlgorithmSpec>

/** `rules`, an addition of Qalam's, belongs to the names any and all: what they combine. */
export const EarlyStoppingSpec = z.looseObject({
  ...AlgorithmSpec.shape,
  rules: z.array(AlgorithmSpec).optional().describe('Of any and all: the rules that they combine.'),
})
export type EarlyStoppingSpec = z.output<typeof EarlyStoppingSpec>

/** A threshold fixed at a trial's birth, as Katib's sidecars check it. */
export const EarlyStoppingRule = z.looseObject({
  name: z.string(),
  value: z.string(),
  comparison: z.enum(['equal', 'less', 'greater']),
  startStep: z.number().int().optional(),
})
export type EarlyStoppingRule = z.output<typeof EarlyStoppingRule>

/**
 * suggestion: where to look next. One folder an algorithm, all behind the contract of `algorithm.ts`.
 *
 * Every objective is a loss, lower is better; points are in the unit cube, `space.ts` does log, step, categories and names.
 * Must not know the clock, the network, files, a database or Kubernetes; no await, no Math.random.
 * Start at `algorithm.ts`, then `random/random.ts` (the smallest answer), then `registry.ts`.
 */
export * from './algorithm.ts'
export * from './constraint.ts'
export type { Feasible } from './feasible.ts'
export { GrowingHistory } from './growing-history.ts'
export * from './history.ts'
export { PARENT_LABEL } from './lineage.ts'

export { GENERATION_LABEL } from './pbt/pbt.ts'
export * from './problem-refusal.ts'
export * from './registry.ts'
export { type SettingInfo, settingsOf } from './setting.ts'
export * from './space.ts'
export { spaceRefusal } from './space-refusal.ts'
export * from './suggest.ts'
export * from './suggestion.ts'
export * from './trial-facts.ts'

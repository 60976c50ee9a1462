/**
 * api: the words. One zod schema a resource gives its type, its CustomResourceDefinition and its REST form.
 *
 * Knows how Experiment, Suggestion and Trial are spelled, and what every Kubernetes object has in common.
 * Must not know how anything is done: parsing is the only behaviour here.
 * Start at `experiment.ts`, then `trial.ts`. All names that cross a process are in `names.ts`.
 */
export * from './algorithm.ts'
export { attemptOf } from './attempt.ts'
export * from './condition.ts'
export type * from './condition-reason.ts'
export * from './crd.ts'
export * from './error.ts'
export * from './experiment.ts'
export * from './json.ts'
export * from './katib-config.ts'
export * from './log-container.ts'
export * from './metric-number.ts'
export * from './metrics-collector.ts'
export * from './missing-metric.ts'
export * from './names.ts'
export { didYouMean } from './nearest.ts'
export { MAX_NESTING, nestsTooDeep } from './nesting.ts'
export * from './objective.ts'
export * from './objective-value.ts'
export * from './observation.ts'
export * from './parameter.ts'
export * from './parse.ts'
export * from './resource.ts'
export { type StructuralSchema, structuralSchema } from './structural-schema.ts'
export * from './suggestion.ts'
export * from './trial.ts'
export * from './trial-template.ts'
export { unknownFields } from './unknown-fields.ts'

/**
 * controller: makes it so. Three reconcilers (Experiment, Suggestion, Trial) of one shape: read, plan, act.
 *
 * Who writes what: Experiment.status and the creation of Trials: the experiment reconciler. Suggestion.status: the
 * suggestion reconciler. Trial.status and the trial's Job: the trial reconciler. Nobody else writes any of them.
 * Of what is the user's only `spec.suspend` of a silent experiment is written (`experiment/silence.ts`).
 * Must not know SQL or HTTP. The cache may be seconds old; being called twice is normal; a name collision means it was done.
 * Start at `reconciler.ts`, then `trial/plan.ts`.
 */
export * from './admission/admit.ts'
export * from './admission/built-in-knowledge.ts'
export { type Creator, readCreator, signCreator } from './admission/creator.ts'
export * from './admission/default.ts'
export { equipPods, type PodEquipment } from './admission/equip-pods.ts'
export * from './admission/examine.ts'
export * from './admission/inject-checkpoint.ts'
export * from './admission/inject-collector.ts'
export { injectPod } from './admission/inject-pod.ts'
export * from './admission/knowledge.ts'
export * from './admission/metric-warnings.ts'
export { withListsInPlace } from './admission/misplaced-lists.ts'
export { stopScript } from './admission/stop-wrapped.ts'
export { kindRefusal, templateKind } from './admission/trial-kind.ts'
export * from './admission/validate.ts'
export { isCompleted, isRestartable } from './admission/validate-update.ts'
export * from './controllers.ts'
export { objectiveOf } from './experiment/optimal.ts'
export * from './experiment/render.ts'
export * from './katib-settings.ts'
export * from './reconciler.ts'
export { type ForeignService, serviceName } from './suggestion/foreign-service.ts'
export { createInProcessAsk, createSuggestPool, type PoolOptions } from './suggestion/pool.ts'
export { AlgorithmRefusal, type Ask, type PoolAnswer, type SuggestPool } from './suggestion/pool-ask.ts'
export { factsOf } from './suggestion/trial-log.ts'
export { type SweepOptions, sweepObservations } from './sweep.ts'
export type { TrialGuard } from './trial-guard.ts'
export { isTerminal } from './trial-state.ts'

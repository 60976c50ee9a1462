/**
 * earlystop: when to stop looking. Pure rules over recorded learning curves; the controller decides with them.
 *
 * Losses are lower is better. Must not know the clock, the network, files, a database or Kubernetes.
 * Start at `early-stopper.ts`, the contract, then `threshold/threshold.ts` (the smallest answer), then `registry.ts`.
 */
export { isCombination } from './combination.ts'
export * from './early-stopper.ts'
export * from './registry.ts'

/**
 * numerics: the sums. Random streams, low-discrepancy sequences, special functions, linear algebra on Float64Array.
 *
 * Knows numbers, not trials. Imports nothing. Never throws for a hard problem: it returns what the caller decides on.
 * Start at `random.ts`.
 */
export * from './cholesky.ts'
export * from './decay.ts'
export * from './eigen.ts'
export * from './erf.ts'
export * from './hash.ts'
export * from './lbfgs.ts'
export * from './log-sum.ts'
export * from './normal.ts'
export * from './random.ts'
export * from './sobol.ts'

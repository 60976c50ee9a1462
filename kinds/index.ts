/**
 * kinds: what a trial can be. One file a Kubernetes kind (`job.ts`), and GJSON, the paths of success and failure conditions.
 *
 * Pure: knows pod templates, primary pods, end states, stopping. Must not know the clock, the network or the API client.
 * Start at `kind.ts`, then `job.ts`.
 */
export * from './kind.ts'

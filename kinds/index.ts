/**
 * kinds: what a trial can be. One file a Kubernetes kind (`job.ts`), and GJSON, the paths of success and failure conditions.
 *
 * Pure: knows pod templates, primary pods, end states, stopping, the shell line around a program. Must not know the
 * clock, the network or the API client. Start at `kind.ts`, then `job.ts`, then `registry.ts`.
 */
export * from './default-conditions.ts'
export * from './gjson.ts'
export * from './kind.ts'
export * from './pending-wrap.ts'
export * from './registry.ts'
export * from './run-status.ts'
export * from './wrap-command.ts'

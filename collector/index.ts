/**
 * collector: what the trial said. A guest beside the user's process: starts fast, has few dependencies, never fails the
 * trial; a line it cannot parse is not a metric, and that is no error.
 *
 * Must not know the controller, Kubernetes or the store: it writes to a `Sink`.
 * Start at `collector.ts`, then `stdout.ts`.
 */
export * from './collector.ts'

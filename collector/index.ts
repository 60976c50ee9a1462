/**
 * collector: what the trial said. A guest beside the user's process: starts fast, has few dependencies, never fails the
 * trial; a line it cannot parse is not a metric, and that is no error.
 *
 * Must not know the controller, Kubernetes or the store: it writes to a `Sink`.
 *   following/    bytes of a file that grows, is rotated, replaced or cut, and where the last start was in it
 *   log/          bytes to lines, lines to values: the default filter, filters of users, JSON, times and numbers
 *   tfevent/, prometheus/, push/    what does not come as lines
 *   delivery/     values on their way to a store that may be away
 *   doctor/       why the objective never came
 *   stopping/     Katib's stopping rules, and the processes beside
 *
 * Start at `collector.ts`, then `run.ts` (the program), then `file.ts` and down.
 */
export * from './arguments.ts'
export * from './collector.ts'
export type { CollectorRun } from './collector-run.ts'
export * from './doctor/diagnosis.ts'
export * from './doctor/doctor.ts'
export * from './doctor/evidence.ts'
export * from './doctor/nearest-names.ts'
export * from './file.ts'
export { Bookmark } from './following/bookmark.ts'
export type { CollectorClock } from './following/file-watch.ts'
export * from './log/format.ts'
export * from './log/json-format.ts'
export * from './log/number-text.ts'
export * from './log/text-format.ts'
export * from './log/user-filter.ts'
export * from './mounts.ts'
export { type MetricsPage, prometheusCollector } from './prometheus/prometheus.ts'
export * from './push/push-file.ts'
export * from './push/run-push-file.ts'
export * from './run.ts'
export * from './sidecar.ts'
export { type EventDirectory, tfeventCollector } from './tfevent/tfevent.ts'

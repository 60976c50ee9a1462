/**
 * collector: what the trial said. A guest beside the user's process: starts fast, has few dependencies, never fails the
 * trial; a line it cannot parse is not a metric, and that is no error.
 *
 * Must not know the controller, Kubernetes or the store: it writes to a `Sink`.
 * Start at `collector.ts`, then `run.ts` (the program), then `file.ts` and down: `follow.ts` and `growing-file.ts` (bytes),
 * `lines.ts` (lines), `text-format.ts` and `json-format.ts` (values).
 */
export * from './arguments.ts'
export { Bookmark } from './bookmark.ts'
export * from './collector.ts'
export type { CollectorRun } from './collector-run.ts'
export * from './diagnosis.ts'
export * from './doctor.ts'
export * from './evidence.ts'
export * from './file.ts'
export type { CollectorClock } from './file-watch.ts'
export * from './format.ts'
export * from './json-format.ts'
export * from './mounts.ts'
export * from './nearest-names.ts'
export * from './number-text.ts'
export { type MetricsPage, prometheusCollector } from './prometheus/prometheus.ts'
export * from './push-file.ts'
export * from './run.ts'
export * from './run-push-file.ts'
export * from './sidecar.ts'
export * from './text-format.ts'
export { type EventDirectory, tfeventCollector } from './tfevent/tfevent.ts'
export * from './user-filter.ts'

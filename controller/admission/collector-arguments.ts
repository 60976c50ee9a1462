/** Where a trial's collector sits in its pod, and the arguments it starts with: Katib's names, flags and order. */
import { posix } from 'node:path'
import { EXPERIMENT_LABEL, KATIB_DB_MANAGER, METRICS_VOLUME, STDOUT_PATH, type Trial } from '#api'

export interface CollectorPlace {
  readonly containerName: string
  readonly isCustom: boolean
  /** What is shared between program and collector; absent: nothing is. */
  readonly path?: string
  readonly mount?: { readonly name: string; readonly mountPath: string }
  /** Where the marker of the program's end is written. */
  readonly directory?: string
  /** The program's command goes through a shell that writes the marker. */
  readonly wraps: boolean
  /** The file that takes the program's output. */
  readonly stdout?: string
}

/** Undefined: no collector is injected (Push and None). */
export function collectorPlace(trial: Trial): CollectorPlace | undefined {
  const { collector, source } = trial.spec.metricsCollector ?? {}
  const kind = collector?.kind ?? 'StdOut'
  const file = source?.fileSystemPath
  const ours = { isCustom: false, containerName: 'metrics-logger-and-collector' }
  if (kind === 'StdOut') return { ...ours, ...shared(STDOUT_PATH, 'File'), wraps: true, stdout: STDOUT_PATH }
  if (kind === 'File') return { ...ours, ...shared(file?.path, 'File'), wraps: true }
  if (kind === 'TensorFlowEvent') {
    return { ...ours, containerName: 'metrics-collector', ...shared(file?.path, 'Directory'), wraps: true }
  }
  if (kind === 'PrometheusMetric') return { ...ours, containerName: 'metrics-collector', wraps: false }
  if (kind === 'Custom') {
    return { isCustom: true, containerName: '', ...(file?.kind ? shared(file.path, file.kind) : {}), wraps: false }
  }
  return undefined
}

function shared(path: string | undefined, kind: string) {
  if (path === undefined) return {}
  const directory = kind === 'File' ? posix.dirname(path) : path
  return { path, directory, mount: { name: METRICS_VOLUME, mountPath: directory } }
}

/**
 * `-t -m -o-type -s-db -path -f -format -stop-rule... -s-earlystop`, each word followed by its value. Custom images copy
 * this convention; ours reads the trial's metadata instead of the two addresses.
 */
export function collectorArguments(trial: Trial, place: CollectorPlace, algorithmName: string): string[] {
  const { objective, metricsCollector, earlyStoppingRules = [] } = trial.spec
  const metrics = [objective?.objectiveMetricName ?? '', ...(objective?.additionalMetricNames ?? [])]
  const filters = metricsCollector?.source?.filter?.metricsFormat ?? []
  const format = formatOf(trial)
  const rules = earlyStoppingRules.map(rule => [rule.name, rule.value, rule.comparison, rule.startStep ?? 0].join(';'))
  const experiment = trial.metadata.labels?.[EXPERIMENT_LABEL] ?? ''
  return [
    ...['-t', trial.metadata.name],
    ...['-m', metrics.join(';')],
    ...['-o-type', objective?.type ?? ''],
    ...['-s-db', KATIB_DB_MANAGER],
    ...(place.path === undefined ? [] : ['-path', place.path]),
    ...(filters.length === 0 ? [] : ['-f', filters.join(';')]),
    ...(format === undefined ? [] : ['-format', format]),
    ...rules.flatMap(rule => ['-stop-rule', rule]),
    ...(rules.length === 0
      ? []
      : ['-s-earlystop', `${experiment}-${algorithmName}.${trial.metadata.namespace ?? 'default'}:6788`]),
  ]
}

function formatOf(trial: Trial): string | undefined {
  const { collector, source } = trial.spec.metricsCollector ?? {}
  const kind = collector?.kind ?? 'StdOut'
  if (kind === 'StdOut') return 'TEXT'
  return kind === 'File' ? (source?.fileSystemPath?.format ?? 'TEXT') : undefined
}

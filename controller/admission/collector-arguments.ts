/** Where a trial's collector sits in its pod, and the arguments it starts with: Katib's names, flags and order. */
import { posix } from 'node:path'
import { collectorContainer, EXPERIMENT_LABEL, KATIB_DB_MANAGER, METRICS_VOLUME, STDOUT_PATH, type Trial } from '#api'

export interface CollectorPlace extends SharedPath {
  readonly containerName: string
  readonly args: readonly string[]
  /** The user's own container, which brings its name and arguments along. */
  readonly isCustom: boolean
  /** The program's command goes through a shell that writes the marker. */
  readonly wraps: boolean
  /** The file that takes the program's output. */
  readonly stdout?: string
}

/** What program and collector share; empty: nothing. */
interface SharedPath {
  readonly path?: string
  readonly mount?: { readonly name: string; readonly mountPath: string }
  /** Where the marker of the program's end is written. */
  readonly directory?: string
}

/** Undefined: no collector is injected (Push and None). */
export function collectorPlace(trial: Trial, algorithmName: string): CollectorPlace | undefined {
  const { collector, source } = trial.spec.metricsCollector ?? {}
  const kind = collector?.kind ?? 'StdOut'
  if (kind === 'Push' || kind === 'None') return undefined
  const file = source?.fileSystemPath
  const at: SharedPath = {
    StdOut: shared(STDOUT_PATH, 'File'),
    File: shared(file?.path, 'File'),
    TensorFlowEvent: shared(file?.path, 'Directory'),
    PrometheusMetric: {},
    Custom: file?.kind ? shared(file.path, file.kind) : {},
  }[kind]
  return {
    ...at,
    containerName: collectorContainer(kind),
    args: collectorArguments(trial, at.path, algorithmName),
    isCustom: kind === 'Custom',
    wraps: kind === 'StdOut' || kind === 'File' || kind === 'TensorFlowEvent',
    ...(kind === 'StdOut' ? { stdout: STDOUT_PATH } : {}),
  }
}

function shared(path: string | undefined, kind: string): SharedPath {
  if (path === undefined) return {}
  const directory = kind === 'File' ? posix.dirname(path) : path
  return { path, directory, mount: { name: METRICS_VOLUME, mountPath: directory } }
}

/**
 * `-t -m -o-type -s-db -path -f -format -stop-rule... -s-earlystop`, each word followed by its value. Custom images copy
 * this convention; ours reads the trial's metadata instead of the two addresses.
 */
function collectorArguments(trial: Trial, path: string | undefined, algorithmName: string): string[] {
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
    ...(path === undefined ? [] : ['-path', path]),
    ...pageOf(trial),
    ...(filters.length === 0 ? [] : ['-f', filters.join(';')]),
    ...(format === undefined ? [] : ['-format', format]),
    ...rules.flatMap(rule => ['-stop-rule', rule]),
    ...(rules.length === 0
      ? []
      : ['-s-earlystop', `${experiment}-${algorithmName}.${trial.metadata.namespace ?? 'default'}:6788`]),
  ]
}

/** Where the program serves its metrics; a collector looks nowhere but in its own pod. */
function pageOf(trial: Trial): string[] {
  const { collector, source } = trial.spec.metricsCollector ?? {}
  if (collector?.kind !== 'PrometheusMetric') return []
  return ['-url', `http://127.0.0.1:${source?.httpGet?.port ?? 8080}${source?.httpGet?.path ?? '/metrics'}`]
}

function formatOf(trial: Trial): string | undefined {
  const { collector, source } = trial.spec.metricsCollector ?? {}
  const kind = collector?.kind ?? 'StdOut'
  if (kind === 'StdOut') return 'TEXT'
  return kind === 'File' ? (source?.fileSystemPath?.format ?? 'TEXT') : undefined
}

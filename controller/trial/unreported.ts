/** A trial that ended well and reported no objective: what to say where its collector has said nothing better. */
import { collectorContainer, TAKEN_OVER_ANNOTATION, TRIAL_LABEL, type Trial } from '#api'
import { examine } from '#collector'
import type { ReadingClient } from '#kube'
import type { ObservationSummary } from '#store'
import { isTerminal } from '../trial-state.ts'
import type { TrialWorld } from './world.ts'

/** Our collector says when nothing more comes; Katib's has said all when its pod ends, and a program that pushes never says. */
export function reportsFinal(trial: Trial): boolean {
  const kind = kindOf(trial)
  if (trial.metadata.annotations?.[TAKEN_OVER_ANNOTATION] !== undefined) return false
  return kind !== 'Push' && kind !== 'None' && kind !== 'Custom'
}

/** How long the job has been over and the collector has not said all; 0 before the Trial says so. */
export function owingMetricsMs(trial: Trial, now: Date): number {
  const running = trial.status?.conditions?.find(({ type }) => type === 'Running')
  if (running?.reason !== 'WaitingForMetrics') return 0
  return running.lastUpdateTime ? now.getTime() - Date.parse(running.lastUpdateTime) : 0
}

export function owesMetricsTooLong({ self, summary }: Owing, metricsMs: number, now: Date): boolean {
  return !isTerminal(self) && reportsFinal(self) && !summary?.final && owingMetricsMs(self, now) >= metricsMs
}

type Owing = Pick<TrialWorld, 'self' | 'summary'>

const kindOf = ({ spec }: Trial) => spec.metricsCollector?.collector?.kind ?? 'StdOut'

/** `printed`: a line of the container's own output that holds the objective, where the collector does not look. */
export function whyUnreported(trial: Trial, summary: ObservationSummary | undefined, printed?: string): string {
  const told = summary?.diagnosis ?? silentKind(trial, summary)
  if (printed === undefined) return told
  const happened = told.split('; ')[0]
  return `${happened}; it is printed instead, "${printed}": set metricsCollectorSpec.collector.kind to StdOut`
}

function silentKind(trial: Trial, summary: ObservationSummary | undefined): string {
  const { name } = trial.metadata
  const objective = trial.spec.objective?.objectiveMetricName
  const [other] = Object.keys(summary?.metrics ?? {})
  switch (kindOf(trial)) {
    case 'Push':
      return other === undefined
        ? `"${objective}" was not pushed: the program ended without a report; push it, or collect with StdOut if it is printed`
        : `"${objective}" was not pushed, but other metrics were; set objectiveMetricName to "${other}", or push "${objective}"`
    case 'None':
      return `collector kind None reads nothing, and "${objective}" was not pushed; choose StdOut, File or Push`
    case 'Custom':
      return `the custom collector reported no "${objective}"; its own log says more: \`qalam logs ${name} -c CONTAINER\`; over Katib's wire it needs a server that was started with --grpc-port`
    default:
      return `the collector of "${objective}" ended without a word; its own log says more: \`qalam logs ${name} -c ${collectorContainer(kindOf(trial))}\``
  }
}

/** The first line with the objective among the last that the trial's primary container printed, if there is one. */
export async function printedObjective(client: ReadingClient, trial: Trial): Promise<string | undefined> {
  const { objective, primaryContainerName: container } = trial.spec
  const { namespace = 'default', name } = trial.metadata
  // What goes to standard output was read by the collector, whole.
  if (objective === undefined || kindOf(trial) === 'StdOut') return undefined
  try {
    const labelSelector = `${TRIAL_LABEL}=${name}`
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector })
    for (const pod of items) {
      const place = { namespace, name: pod.metadata.name }
      const how = { ...(container === undefined ? {} : { container }), tailLines: TAIL_LINES }
      const chunks = await Array.fromAsync(client.logs(place, how))
      const metricNames = [objective.objectiveMetricName]
      const found = await examine(Buffer.from(chunks.join('')), { metricNames, format: 'TEXT', filters: [] })
      if (found.metrics.length > 0) return found.metrics[0].line.trim().slice(0, 120)
    }
  } catch {
    // No pod any more, or no right to its log: the sentence goes without.
  }
  return undefined
}

const TAIL_LINES = 2_000

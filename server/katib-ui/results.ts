/**
 * What trials found, in the shapes of Katib's UI: texts of comma separated values, sent as JSON strings, without quotes around
 * fields.
 */
import { type Experiment, finiteNumber, type Objective, type Trial } from '#api'
import type { StoredRow } from '#store'
import { onKatib, type UiRoute } from './call.ts'
import { existing } from './experiments.ts'

export const resultRoutes: Readonly<Record<string, UiRoute>> = {
  fetch_hp_job_info: {
    async answer(call) {
      const [name, namespace] = [call.query('experimentName'), call.query('namespace')]
      await call.need(onKatib('get', 'experiments', namespace, name))
      await call.need(onKatib('list', 'trials', namespace))
      const experiment = existing(call.resources.experiments.get(namespace, name), 'experiment', namespace, name)
      return trialTable(experiment, call.resources.trialsOf({ namespace, name }))
    },
  },
  fetch_hp_job_trial_info: {
    async answer(call) {
      const [name, namespace] = [call.query('trialName'), call.query('namespace')]
      await call.need(onKatib('list', 'trials', namespace))
      const trial = existing(call.resources.trials.get(namespace, name), 'trial', namespace, name)
      const lines = ['metricName,time,value']
      for (const metricName of metricsOf(trial.spec.objective)) {
        const rows = call.observations.rows(trial.metadata.uid ?? '', { metricName })
        lines.push(...(await curveLines(metricName, rows, trial.spec.objective)))
      }
      return `${lines.join('\n')}\n`
    },
  },
}

/** A line a trial; metrics only of those that have ended well or were stopped early. */
export function trialTable({ spec }: Experiment, trials: readonly Trial[]): string {
  const metrics = metricsOf(spec.objective)
  const parameters = spec.parameters?.map(({ name }) => name) ?? []
  const hasRuns = trials.some(({ metadata }) => metadata.annotations?.[KFP_RUN] !== undefined)
  const header = ['Status', 'trialName', ...metrics, ...parameters, ...(hasRuns ? ['KFP Run'] : [])]
  const lines = trials.map(trial => {
    const status = trial.status?.conditions?.at(-1)?.type ?? ''
    const assigned = new Map(trial.spec.parameterAssignments?.map(({ name, value }) => [name, value]))
    const isShown = status === 'Succeeded' || status === 'EarlyStopped'
    return [
      ...[status, trial.metadata.name],
      ...metrics.map(name => (isShown ? bestOf(trial, name, spec.objective) : '')),
      ...parameters.map(name => assigned.get(name) ?? ''),
      ...(hasRuns ? [trial.metadata.annotations?.[KFP_RUN] ?? ''] : []),
    ]
  })
  return [header, ...lines].map(fields => fields.join(',')).join('\n')
}

/** Of Kale, which runs pipelines as trials. */
const KFP_RUN = 'kubeflow-kale.org/kfp-run-uuid'

const metricsOf = (objective: Objective | undefined): readonly string[] =>
  objective ? [objective.objectiveMetricName, ...(objective.additionalMetricNames ?? [])] : []

/** In the objective's direction, for every metric. */
function bestOf({ status }: Trial, metricName: string, objective: Objective | undefined): string {
  const metric = status?.observation?.metrics?.find(({ name }) => name === metricName)
  const value = metric?.[objective?.type === 'minimize' ? 'min' : 'max']
  return value === undefined || value === 'unavailable' ? '' : value
}

/** One line a second, with its best value; what is no number is left out. */
async function curveLines(
  metricName: string,
  rows: AsyncIterable<StoredRow>,
  objective: Objective | undefined,
): Promise<readonly string[]> {
  const bySecond = new Map<string, { readonly text: string; readonly value: number }>()
  for await (const { value: text, time, receivedAt } of rows) {
    const value = finiteNumber(text)
    if (value === undefined) continue
    const second = (time ?? receivedAt.toISOString()).slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)
    const before = bySecond.get(second)?.value
    const isBetter = before === undefined || (objective?.type === 'minimize' ? value < before : value > before)
    if (isBetter) bySecond.set(second, { text, value })
  }
  return [...bySecond].map(([second, { text }]) => [metricName, second, text].join(','))
}

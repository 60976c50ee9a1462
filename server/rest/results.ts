/** What came of an experiment: the best trials, the history of the best, and everything as one file. */
import { z } from 'zod'
import type { Experiment } from '#api'
import type { Clock } from '#kube'
import type { ObservationStore } from '#store'
import { Best, bestRows, hasFinished, leadingTrial, whyNone } from './best.ts'
import { columnOf, toCsv } from './columns.ts'
import { tagVersion } from './conditional.ts'
import { InExperiment, type Resources, type Routes } from './context.ts'
import { HistoryPoint, history } from './history.ts'
import { queryOf } from './query.ts'
import { hasEnded, type TrialRow, trialRow } from './trial-row.ts'
import { asCsv, wantsCsv } from './trials.ts'

const BestQuery = queryOf({
  k: z.coerce.number().int().min(1).max(1_000).default(1),
  metric: z.string().optional().describe('another metric than the objective; its latest value decides'),
  format: z.enum(['json', 'csv']).optional(),
})

export function resultRoutes(app: Routes, resources: Resources, observations: ObservationStore, clock: Clock): void {
  app.get(
    '/namespaces/:namespace/experiments/:name/best',
    {
      schema: {
        tags: ['results'],
        params: InExperiment,
        querystring: BestQuery,
        response: { 200: z.union([Best, z.string()]) },
      },
    },
    async (request, reply) => {
      const experiment = resources.experiment(request.params)
      const rows = resources.rowsOf(request.params)
      const { metric: asked, k } = request.query
      const objective = experiment.spec.objective
      const direction = objective?.type ?? 'minimize'
      const metric = asked ?? objective?.objectiveMetricName ?? ''
      const isObjective = metric === objective?.objectiveMetricName
      const readValue = isObjective ? undefined : (row: TrialRow) => row.metrics[metric]?.latest
      const trials = bestRows(rows, direction, k, readValue)
      if (wantsCsv(request.query.format, request.headers.accept)) return asCsv(reply, toCsv(trials))
      const leading = isObjective ? await leader(experiment, trials[0]) : undefined
      return {
        experiment: `${request.params.namespace}/${request.params.name}`,
        direction,
        metric,
        asOf: clock.now().toISOString(),
        final: hasFinished(experiment),
        trials: [...trials],
        ...(trials.length === 0 && { reason: whyNone(rows, metric) }),
        ...(leading && { leading }),
      }
    },
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/history',
    {
      schema: {
        tags: ['results'],
        summary: 'Every ended trial in the order of its end, with the best so far',
        params: InExperiment,
        response: { 200: z.object({ points: z.array(HistoryPoint) }) },
      },
    },
    async (request, reply) => {
      const experiment = resources.experiment(request.params)
      tagVersion(request, reply, resources.versionOf(experiment))
      return { points: history(resources.rowsOf(request.params), experiment.spec.objective?.type ?? 'minimize') }
    },
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/export',
    {
      schema: {
        tags: ['results'],
        summary: 'All trials as a file',
        params: InExperiment,
        querystring: queryOf({ format: z.enum(['csv', 'jsonl']).default('csv') }),
        response: { 200: z.string() },
      },
    },
    async (request, reply) => {
      const { format } = request.query
      const number = columnOf('number')
      const rows = resources.rowsOf(request.params).toSorted((a, b) => Number(number(a) ?? 0) - Number(number(b) ?? 0))
      reply.header('content-disposition', `attachment; filename="${request.params.name}.${format}"`)
      if (format === 'csv') return asCsv(reply, toCsv(rows))
      reply.type('application/jsonl; charset=utf-8')
      return rows.map(row => `${JSON.stringify(row)}\n`).join('')
    },
  )

  async function leader(experiment: Experiment, best: TrialRow | undefined): Promise<Best['leading']> {
    const { namespace = '', name } = experiment.metadata
    const objective = experiment.spec.objective
    if (objective === undefined || hasFinished(experiment)) return undefined
    const metricName = objective.objectiveMetricName
    const running = resources.trialsOf({ namespace, name }).filter(trial => !hasEnded(trialRow(trial, experiment)))
    const summaries = await observations.summaries(running.flatMap(trial => trial.metadata.uid ?? []))
    const values = running.flatMap(trial => {
      const metric = summaries.get(trial.metadata.uid ?? '')?.metrics[metricName]
      return metric ? [{ row: trialRow(trial, experiment), ...metric }] : []
    })
    const strategy = objective.metricStrategies?.find(each => each.name === metricName)?.value
    const bestValue = typeof best?.objective === 'number' ? best.objective : undefined
    return leadingTrial(values, objective.type, bestValue, strategy ?? (objective.type === 'minimize' ? 'min' : 'max'))
  }
}

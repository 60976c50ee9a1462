/** Trials of an experiment: list with filter, order and pages; one trial; its learning curves. */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Trial } from '#api'
import type { ObservationStore } from '#store'
import { type ColumnOf, Columns, columnOf, columnsIn, toColumns, toCsv } from './columns.ts'
import { tagVersion } from './conditional.ts'
import { InExperiment, InTrial, type Resources, type Routes } from './context.ts'
import { parseFilter } from './filter.ts'
import { pageOf } from './page.ts'
import { Refusal } from './problem.ts'
import { queryOf } from './query.ts'
import { Reading, readingOf, TrialRow, trialRow } from './trial-row.ts'

const TrialQuery = queryOf({
  filter: z.string().optional().describe('for example: lr<0.01 status:failed or objective>=0.9'),
  order_by: z.string().default('').describe('for example: objective desc, number'),
  fields: z.string().optional().describe('names of columns, separated by commas'),
  limit: z.coerce.number().int().min(1).max(5_000).default(200),
  cursor: z.string().optional(),
  shape: z.enum(['rows', 'columns']).default('rows'),
  format: z.enum(['json', 'csv']).optional(),
})

const TrialPage = z.object({
  /** Of all trials that pass the filter. */
  total: z.number().int(),
  nextCursor: z.string().optional(),
  /** With shape=rows; with `fields`, rows hold these alone. */
  trials: z.array(z.union([TrialRow, z.record(z.string(), z.unknown())])).optional(),
  /** With shape=columns. */
  columns: Columns.optional(),
})

/** One metric's curve. `count` is of all reported values, more than are here when it was down-sampled. */
const Curve = z.object({
  name: z.string(),
  steps: z.array(z.number()),
  values: z.array(Reading),
  times: z.array(z.string()),
  count: z.number().int(),
})

export function trialRoutes(app: Routes, resources: Resources, observations: ObservationStore): void {
  app.get(
    '/namespaces/:namespace/experiments/:name/trials',
    {
      schema: {
        tags: ['trials'],
        params: InExperiment,
        querystring: TrialQuery,
        response: { 200: z.union([TrialPage, z.string()]) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const experiment = resources.experiment(request.params)
      tagVersion(request, reply, resources.versionOf(experiment))
      const rows = resources.rowsOf(request.params)
      const columns = columnsIn(experiment, rows)
      const selected = query.filter ? rows.filter(parseFilter(query.filter, columns)) : rows
      const page = pageOf(selected, { orderBy: query.order_by, limit: query.limit, cursor: query.cursor }, columns)
      const fields = query.fields?.split(',').map(field => checked(field.trim(), columns))
      if (wantsCsv(query.format, request.headers.accept)) return asCsv(reply, toCsv(page.rows, fields), page.nextCursor)
      const { nextCursor } = page
      const frame = { total: selected.length, ...(nextCursor !== undefined && { nextCursor }) }
      if (query.shape === 'columns') return { ...frame, columns: toColumns(page.rows, fields) }
      return { ...frame, trials: fields ? page.rows.map(row => pruned(row, fields)) : [...page.rows] }
    },
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/trials/:trial',
    { schema: { tags: ['trials'], params: InTrial, response: { 200: TrialRow.extend({ resource: Trial }) } } },
    async (request, reply) => {
      const trial = resources.trial(request.params)
      tagVersion(request, reply, trial.metadata.resourceVersion ?? '')
      return {
        ...trialRow(trial, resources.experiments.get(request.params.namespace, request.params.name)),
        resource: trial,
      }
    },
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/trials/:trial/metrics',
    {
      schema: {
        tags: ['trials'],
        summary: 'Learning curves; first, last, min and max survive down-sampling exactly',
        params: InTrial,
        querystring: queryOf({
          name: z.string().optional(),
          step_from: z.coerce.number().optional(),
          since: z.iso.datetime({ offset: true }).optional(),
          max_points: z.coerce.number().int().min(2).max(100_000).default(500),
        }),
        response: { 200: z.object({ trial: z.string(), metrics: z.array(Curve) }) },
      },
    },
    async request => {
      const uid = resources.trial(request.params).metadata.uid ?? ''
      const { name, max_points, step_from, since } = request.query
      const names = name === undefined ? Object.keys((await observations.summary(uid))?.metrics ?? {}) : [name]
      const curves = await Promise.all(names.map(each => observations.curve(uid, each, max_points)))
      const from = { step: step_from ?? Number.NEGATIVE_INFINITY, timeMs: since ? Date.parse(since) : 0 }
      return { trial: request.params.trial, metrics: curves.map(curve => curveFrom(curve, from)) }
    },
  )
}

export const wantsCsv = (format: string | undefined, accept: string | undefined) =>
  format === undefined ? accept?.split(',')[0].trim().startsWith('text/csv') === true : format === 'csv'

/** Sets the headers of CSV and hands the text back. */
export function asCsv(reply: FastifyReply, csv: string, nextCursor?: string): string {
  if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
  reply.type('text/csv; charset=utf-8')
  return csv
}

/** The field itself, once `columns` has not refused it. */
function checked(field: string, columns: ColumnOf): string {
  if (!MEMBERS.has(field)) columns(field)
  return field
}

const MEMBERS: ReadonlySet<string> = new Set(Object.keys(TrialRow.shape))

/** Whole members of the row where a field names one (`parameters`), else the column under its name. */
function pruned(row: TrialRow, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map(field => [
      field,
      Object.hasOwn(row, field) ? row[field as keyof TrialRow] : (columnOf(field)(row) ?? null),
    ]),
  )
}

function curveFrom(
  curve: Awaited<ReturnType<ObservationStore['curve']>>,
  from: { step: number; timeMs: number },
): z.output<typeof Curve> {
  const kept = curve.steps.flatMap((step, i) => (step >= from.step && curve.times[i] >= from.timeMs ? [i] : []))
  const value = (i: number) => readingOf(String(curve.values[i])) ?? 'NaN'
  return {
    name: curve.metricName,
    steps: kept.map(i => curve.steps[i]),
    values: kept.map(value),
    times: kept.map(i => new Date(curve.times[i]).toISOString()),
    count: curve.count,
  }
}

/** Only a trial that the Kubernetes API has stored has a UID, and informers hold no others. */
export function uidOf(trial: Trial): string {
  if (trial.metadata.uid !== undefined) return trial.metadata.uid
  throw new Refusal(503, `trial ${trial.metadata.name} is not stored yet`)
}

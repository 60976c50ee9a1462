/** Metrics a trial pushes by itself: batched, and harmless to send twice. */
import { z } from 'zod'
import { EXPERIMENT_LABEL, type Trial } from '#api'
import { PUSH_STREAM, pushSequence } from '#collector'
import type { Clock } from '#kube'
import type { MetricRow, ObservationStore } from '#store'
import { InTrial, type Resources, type Routes } from './context.ts'
import { guardTrial } from './doorkeeper.ts'
import { Refusal } from './problem.ts'
import { uidOf } from './trials.ts'

const PushedMetric = z.object({
  name: z.string().min(1).max(253),
  /** A number, or one in quotes; `"NaN"`, `"Infinity"` and `"-Infinity"` are recorded and never best. */
  value: z.union([z.number(), z.string().max(64)], 'expected a number, or one in quotes'),
  step: z.number().int().min(0).optional(),
  /** RFC 3339. With it a metric sent twice counts once; without it, the step does that; without both, each one counts. */
  time: z.iso.datetime({ offset: true }).optional(),
})
export type PushedMetric = z.output<typeof PushedMetric>

const Push = z.object({
  metrics: z
    .array(PushedMetric)
    .min(1)
    .max(10_000, 'expected at most 10000 metrics at a time; send the rest in another request'),
  /** Which of the trial's pods speaks, where the token does not say it: the second in which the pod was made. */
  attempt: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
})

export interface PushOptions {
  readonly resources: Resources
  readonly observations: ObservationStore
  readonly clock: Clock
}

/** Stores what a trial says of itself. Throws `Refusal`: no such trial, a token of another one, values that are no numbers. */
export type ReceivePush = (pushed: {
  readonly namespace: string
  readonly trial: string
  readonly request: Parameters<typeof guardTrial>[0]
  readonly metrics: readonly PushedMetric[]
  readonly attempt?: number
}) => Promise<{ accepted: number; shouldStop: boolean }>

export function pushReceiver({ resources, observations, clock }: PushOptions): ReceivePush {
  const receipts = new Receipts(clock)
  return async ({ namespace, trial: name, request, metrics, attempt: given }) => {
    const trial = resources.trials.get(namespace, name)
    if (trial === undefined) throw new Refusal(404, `no trial "${name}" in namespace ${namespace}`)
    const trialUid = uidOf(trial)
    const said = guardTrial(request, trial.metadata)
    const rows = toRows(metrics, () => receipts.next())
    const attempt = said.attempt ?? given ?? (await observations.summary(trialUid))?.attempt ?? FIRST_ATTEMPT
    if (rows.length > 0) await observations.append({ trialUid, attempt, stream: PUSH_STREAM, rows })
    return { accepted: rows.length, shouldStop: shouldStop(trial, resources) }
  }
}

export function pushRoutes(app: Routes, resources: Resources, receive: ReceivePush): void {
  app.post(
    '/namespaces/:namespace/experiments/:name/trials/:trial/metrics',
    {
      config: { acceptsTrialToken: true },
      schema: {
        tags: ['trials'],
        summary: 'Report metrics; shouldStop is advice',
        params: InTrial,
        body: Push,
        response: { 200: z.object({ accepted: z.number().int(), shouldStop: z.boolean() }) },
      },
    },
    async request => {
      resources.trial(request.params)
      return receive({ ...request.params, request, ...request.body })
    },
  )
  app.post(
    '/namespaces/:namespace/trials/:trial/metrics',
    {
      config: { acceptsTrialToken: true },
      schema: {
        tags: ['trials'],
        summary: 'The same, for a trial that knows only its own name',
        params: InTrial.omit({ name: true }),
        body: Push,
        response: { 200: z.object({ accepted: z.number().int(), shouldStop: z.boolean() }) },
      },
    },
    async request => receive({ ...request.params, request, ...request.body }),
  )
}

/** Where neither token nor body says which pod speaks, and none is known: before all of them. */
const FIRST_ATTEMPT = 0

/** Throws `Refusal` 422 with every value that is no number. */
function toRows(metrics: readonly PushedMetric[], receive: () => number): readonly MetricRow[] {
  const problems = metrics.flatMap(({ value }, i) =>
    isNumeric(value) ? [] : [{ path: `metrics[${i}].value`, message: `expected a number, got "${value}"` }],
  )
  if (problems.length > 0) throw new Refusal(422, 'values are not numbers', { problems })
  const last = new Map<string, number>()
  return metrics.map(({ name, value, step, time }) => {
    const wanted = time !== undefined ? pushSequence(time, step) : (step ?? receive())
    const sequence = Math.max(wanted, (last.get(name) ?? -1) + 1)
    last.set(name, sequence)
    return {
      metricName: name,
      value: String(value),
      sequence,
      ...(step !== undefined && { step }),
      ...(time && { time }),
    }
  })
}

function isNumeric(value: number | string): boolean {
  if (typeof value === 'number' || /^(NaN|-?Infinity)$/.test(value)) return true
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value)
}

/** Distinct, growing numbers for metrics that say neither step nor time. */
class Receipts {
  #clock: Clock
  #last = 0
  constructor(clock: Clock) {
    this.#clock = clock
  }
  next(): number {
    this.#last = Math.max(this.#last + 1, this.#clock.now().getTime() * 1000)
    return this.#last
  }
}

/** The trial is being stopped (a mark on its Running condition) or has ended, or its experiment takes it along. */
function shouldStop(trial: Trial, resources: Resources): boolean {
  const last = trial.status?.conditions?.at(-1)
  if (last?.status === 'True' && (last.type === 'Running' ? last.reason === 'Stopping' : last.type !== 'Created'))
    return true
  const experiment = resources.experiments.get(
    trial.metadata.namespace,
    trial.metadata.labels?.[EXPERIMENT_LABEL] ?? '',
  )
  if (experiment === undefined) return false
  const { suspend, runningTrialsPolicy } = experiment.spec
  const isOver = experiment.status?.conditions?.some(
    ({ type, status }) => status === 'True' && (type === 'Succeeded' || type === 'Failed'),
  )
  return isOver ? runningTrialsPolicy !== 'Keep' : suspend === true && runningTrialsPolicy === 'Stop'
}

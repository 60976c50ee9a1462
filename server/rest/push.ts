/** Metrics a trial pushes by itself: batched, and harmless to send twice. */
import { z } from 'zod'
import type { Clock } from '#kube'
import type { MetricRow, ObservationStore } from '#store'
import { InTrial, type Resources, type Routes } from './context.ts'
import { guardTrial } from './guard.ts'
import { Refusal } from './problem.ts'
import { uidOf } from './trials.ts'

const PushedMetric = z.object({
  name: z.string().min(1).max(253),
  /** A number, or one in quotes; `"NaN"`, `"Infinity"` and `"-Infinity"` are recorded and never best. */
  value: z.union([z.number(), z.string().max(64)]),
  step: z.number().int().min(0).optional(),
  /** RFC 3339. With it a metric sent twice counts once; without it, the step does that; without both, each one counts. */
  time: z.iso.datetime({ offset: true }).optional(),
})
type PushedMetric = z.output<typeof PushedMetric>

const Push = z.object({
  metrics: z.array(PushedMetric).min(1).max(10_000),
  /** Restarts of the trial's pod so far. */
  attempt: z.number().int().min(0).default(0),
})

export interface PushOptions {
  readonly resources: Resources
  readonly observations: ObservationStore
  readonly clock: Clock
  readonly token: string
}

export function pushRoutes(app: Routes, { resources, observations, clock, token }: PushOptions): void {
  const receipts = new Receipts(clock)
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
      return receive({ ...request.params, request })
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
    async request => receive({ ...request.params, request }),
  )

  async function receive(pushed: {
    namespace: string
    trial: string
    request: { body: z.output<typeof Push> } & Parameters<typeof guardTrial>[0]
  }) {
    const { request } = pushed
    const trial = resources.trials.get(pushed.namespace, pushed.trial)
    if (trial === undefined) throw new Refusal(404, `no trial "${pushed.trial}" in namespace ${pushed.namespace}`)
    guardTrial(request, token, uidOf(trial))
    const { metrics, attempt } = request.body
    const rows = toRows(metrics, () => receipts.next())
    await observations.append({ trialUid: uidOf(trial), attempt, stream: PUSH_STREAM, rows })
    return { accepted: rows.length, shouldStop: shouldStop(trial) }
  }
}

const PUSH_STREAM = 'push'

/** Throws `Refusal` 422 with every value that is no number. */
function toRows(metrics: readonly PushedMetric[], receive: () => number): readonly MetricRow[] {
  const problems = metrics.flatMap(({ value }, i) =>
    isNumeric(value) ? [] : [{ path: `metrics[${i}].value`, message: `expected a number, got "${value}"` }],
  )
  if (problems.length > 0) throw new Refusal(422, 'values are not numbers', { problems })
  const last = new Map<string, number>()
  return metrics.map(({ name, value, step, time }) => {
    const wanted = time !== undefined ? microseconds(time, step ?? 0) : (step ?? receive())
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

/**
 * Microseconds since 1970; below 2^53 for the next two centuries. Digits that a coarser time leaves open are filled from the
 * step, so that two steps of one second are two values.
 */
function microseconds(time: string, step: number): number {
  const fraction = (/\.(\d+)/.exec(time)?.[1] ?? '').slice(0, 6)
  const open = 10 ** (6 - fraction.length)
  return Math.floor(Date.parse(time) / 1000) * 1_000_000 + Number(fraction) * open + (step % open)
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

/** The trial is being stopped: a mark on its Running condition, or it has ended already. */
function shouldStop(trial: {
  status?: { conditions?: readonly { type: string; status: string; reason?: string }[] }
}): boolean {
  const last = trial.status?.conditions?.at(-1)
  return (
    last !== undefined &&
    last.status === 'True' &&
    (last.type !== 'Running' ? last.type !== 'Created' : last.reason === 'Stopping')
  )
}

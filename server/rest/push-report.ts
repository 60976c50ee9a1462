/** What a collector beside a trial reports: rows with their place in its stream, and the end of it. Sent twice it is one. */
import { z } from 'zod'
import { isDecimal } from '#collector'
import type { ObservationStore } from '#store'
import { InTrial, type Resources, type Routes } from './context.ts'
import { guardTrial } from './doorkeeper.ts'
import { Refusal } from './problem.ts'
import { uidOf } from './trials.ts'
import type { TrialNotes } from './write.ts'

const Row = z.object({
  metricName: z.string().min(1).max(253),
  /** As the trial wrote it. */
  value: z.string().refine(text => isDecimal(text) || /^(NaN|-?Infinity)$/.test(text), 'expected a number'),
  sequence: z.number().int().min(0),
  step: z.number().int().min(0).optional(),
  time: z.iso.datetime({ offset: true }).optional(),
})

const CollectorReport = z.object({
  /** Pod and container. */
  stream: z.string().min(1).max(512),
  rows: z.array(Row).max(10_000),
  /** Nothing more comes from this stream. */
  final: z.boolean().optional(),
  /** With a final: why the objective was not found. */
  diagnosis: z.string().max(4_096).optional(),
  /** The trial's stopping rules have held. */
  earlyStopped: z.boolean().optional(),
})

export interface ReportOptions {
  readonly resources: Resources
  readonly observations: ObservationStore
  readonly notes: TrialNotes
}

export function reportRoutes(app: Routes, { resources, observations, notes }: ReportOptions): void {
  app.post(
    '/namespaces/:namespace/trials/:trial/reports',
    {
      config: { acceptsTrialToken: true },
      schema: {
        tags: ['trials'],
        summary: 'What a collector read; for collectors, programs use metrics',
        params: InTrial.omit({ name: true }),
        body: CollectorReport,
        response: { 200: z.object({ acknowledged: z.number().int() }) },
      },
    },
    async request => {
      const { namespace, trial: name } = request.params
      const trial = resources.trials.get(namespace, name)
      if (trial === undefined) throw new Refusal(404, `no trial "${name}" in namespace ${namespace}`)
      const said = guardTrial(request, trial.metadata)
      const { earlyStopped, ...report } = request.body
      if (earlyStopped) resources.trials.offer(await notes.stoppedEarly(trial))
      const trialUid = uidOf(trial)
      const attempt = said.attempt ?? (await observations.summary(trialUid))?.attempt ?? 0
      return observations.append({ trialUid, attempt, ...report })
    },
  )
}

/** Why nothing is moving, and why a metric is missing: the same sentences as the program prints. */
import { z } from 'zod'
import { causeOf, type Trial, whyNeverBest } from '#api'
import type { Clock, ReadingClient } from '#kube'
import type { ObservationStore } from '#store'
import { Why } from '../why/answer.ts'
import { readWhyWorld } from '../why/read.ts'
import { trialWhy, why } from '../why/why.ts'
import { InExperiment, InTrial, type Resources, type Routes } from './context.ts'

const TrialDiagnosis = z.object({
  trial: z.string(),
  /** Why the objective is missing, or of no use (NaN); absent where it is neither. */
  diagnosis: z.string().optional(),
  /** How the trial stands. */
  why: Why,
})

const ExperimentDiagnosis = z.object({
  experiment: z.string(),
  objective: z.string(),
  /** One entry for each cause, the most frequent first; empty: no trial has ended without a usable objective. */
  causes: z.array(z.object({ diagnosis: z.string(), count: z.number().int(), trials: z.array(z.string()) })),
})

export interface WhyOptions {
  readonly resources: Resources
  readonly client: ReadingClient
  readonly observations: ObservationStore
  readonly clock: Clock
}

export function whyRoutes(app: Routes, { resources, client, observations, clock }: WhyOptions): void {
  const worldOf = async (name: z.output<typeof InExperiment>) => {
    const storeAway = await observations.summaries([]).then(
      () => undefined,
      (error: Error) => error.message,
    )
    const surroundings = {
      served: 'yes',
      place: 'this server',
      startWith: 'qalam server',
      now: clock.now(),
      trials: resources.trialsOf(name),
    } as const
    return readWhyWorld(client, resources.experiment(name), { ...surroundings, ...(storeAway && { storeAway }) })
  }
  app.get(
    '/namespaces/:namespace/experiments/:name/why',
    {
      schema: {
        tags: ['results'],
        summary: 'Why nothing is moving, in one sentence, and what to do next',
        params: InExperiment,
        response: { 200: Why },
      },
    },
    async request => why(await worldOf(request.params)),
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/diagnosis',
    {
      schema: {
        tags: ['results'],
        summary: 'Why trials ended without a usable objective, by cause',
        params: InExperiment,
        response: { 200: ExperimentDiagnosis },
      },
    },
    async request => {
      const { spec, metadata } = resources.experiment(request.params)
      return {
        experiment: `${metadata.namespace}/${metadata.name}`,
        objective: spec.objective?.objectiveMetricName ?? '',
        causes: causes(resources.trialsOf(request.params)),
      }
    },
  )
  app.get(
    '/namespaces/:namespace/experiments/:name/trials/:trial/diagnosis',
    {
      schema: {
        tags: ['trials'],
        summary: 'Why the objective is missing or of no use, and how the trial stands',
        params: InTrial,
        response: { 200: TrialDiagnosis },
      },
    },
    async request => {
      const trial = resources.trial(request.params)
      const diagnosis = whyNeverBest(trial)
      const standing = trialWhy(await worldOf(request.params), trial)
      return { trial: trial.metadata.name, ...(diagnosis !== undefined && { diagnosis }), why: standing }
    },
  )
}

/** At most ten names each; the sentence is that of the latest trial. */
function causes(trials: readonly Trial[]): z.output<typeof ExperimentDiagnosis>['causes'] {
  const silent = trials.flatMap(trial => {
    const diagnosis = whyNeverBest(trial)
    return diagnosis === undefined ? [] : [{ name: trial.metadata.name, diagnosis }]
  })
  const groups = [...Map.groupBy(silent, ({ diagnosis }) => causeOf(diagnosis)).values()]
  return groups
    .map(group => ({
      diagnosis: group[group.length - 1].diagnosis,
      count: group.length,
      trials: group.slice(-10).map(({ name }) => name),
    }))
    .toSorted((a, b) => b.count - a.count)
}

/** What every route works with: the caches, the store, and the look-ups that refuse with 404. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, type Trial } from '#api'
import type { Informer, Informers } from '#kube'
import { Refusal } from './problem.ts'
import { type TrialRow, trialRow } from './trial-row.ts'

/** A fastify instance whose handlers see what their zod schemas parsed. */
export type Routes = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Kubernetes names; what else stands in a path is refused before it is looked up. */
const Name = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'expected a Kubernetes name')
export const InNamespace = z.object({ namespace: Name })
export const InExperiment = z.object({ namespace: Name, name: Name })
export const InTrial = InExperiment.extend({ trial: Name })

/** Experiments and Trials as the informers have them. */
export class Resources {
  readonly experiments: Informer<Experiment>
  readonly trials: Informer<Trial>

  constructor(informers: Informers) {
    this.experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    this.trials = informers.of<Trial>(
      { apiVersion: API_VERSION, kind: 'Trial' },
      {
        indexes: {
          [BY_EXPERIMENT]: trial => [keyOf(trial.metadata.namespace, trial.metadata.labels?.[EXPERIMENT_LABEL])],
        },
      },
    )
  }

  experiment({ namespace, name }: z.output<typeof InExperiment>): Experiment {
    const experiment = this.experiments.get(namespace, name)
    if (experiment) return experiment
    throw new Refusal(404, `no experiment "${name}" in namespace ${namespace}`)
  }

  trialsOf({ namespace, name }: z.output<typeof InExperiment>): readonly Trial[] {
    return this.trials.byIndex(BY_EXPERIMENT, keyOf(namespace, name))
  }

  trial({ namespace, name, trial }: z.output<typeof InTrial>): Trial {
    const found = this.trials.get(namespace, trial)
    if (found?.metadata.labels?.[EXPERIMENT_LABEL] === name) return found
    throw new Refusal(404, `no trial "${trial}" in experiment ${namespace}/${name}`)
  }

  rowsOf(name: z.output<typeof InExperiment>): readonly TrialRow[] {
    const experiment = this.experiment(name)
    return this.trialsOf(name).map(trial => trialRow(trial, experiment))
  }

  /** Changes when the experiment or any trial does. */
  versionOf(experiment: Experiment): string {
    return `${experiment.metadata.resourceVersion}.${this.trials.resourceVersion}`
  }
}

const BY_EXPERIMENT = 'rest.experiment'
const keyOf = (namespace: string | undefined, name: string | undefined) => `${namespace ?? ''}/${name ?? ''}`

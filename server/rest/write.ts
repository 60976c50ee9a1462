/**
 * The writes of REST: create and delete Experiments, their `suspend`, and on a Trial the note that its collector stopped it.
 * Nothing else is written here, and no status.
 */
import { API_VERSION, ApiError, EARLY_STOPPED_ANNOTATION, type Experiment, refOf, rfc3339, type Trial } from '#api'
import type { Clock, WritingClient } from '#kube'

export interface ExperimentName {
  readonly namespace: string
  readonly name: string
}

/** Every refusal is an `ApiError`. `resourceVersion`, where given, is a precondition; a lost one is code 412. */
export interface ExperimentWrites {
  /** With `dryRun` it is admitted and defaulted, but not stored. */
  create(experiment: Experiment, options: { dryRun?: boolean; onWarning(text: string): void }): Promise<Experiment>
  delete(name: ExperimentName, resourceVersion?: string): Promise<void>
  /** No more trials start; with `now`, running ones are stopped. */
  suspend(name: ExperimentName, options: { now: boolean; resourceVersion?: string }): Promise<Experiment>
  /** Takes back what `suspend` wrote: a later one without `now` lets running trials finish. */
  resume(experiment: Experiment, resourceVersion?: string): Promise<Experiment>
}

export function experimentWrites(client: WritingClient): ExperimentWrites {
  const patch = (name: ExperimentName, spec: object, resourceVersion: string | undefined) =>
    preconditioned(
      resourceVersion,
      client.patch<Experiment>(experimentRef(name), {
        ...(resourceVersion && { metadata: { resourceVersion } }),
        spec,
      }),
    )
  return {
    create: (experiment, options) => client.create(experiment, options),
    delete: (name, resourceVersion) =>
      preconditioned(
        resourceVersion,
        client.delete(experimentRef(name), { propagation: 'Background', ...(resourceVersion && { resourceVersion }) }),
      ),
    suspend: (name, { now, resourceVersion }) =>
      patch(name, { suspend: true, ...(now && { runningTrialsPolicy: 'Stop' }) }, resourceVersion),
    resume: ({ metadata, spec }, resourceVersion) =>
      patch(
        { namespace: metadata.namespace ?? 'default', name: metadata.name },
        { suspend: null, ...(spec.runningTrialsPolicy === 'Stop' && { runningTrialsPolicy: null }) },
        resourceVersion,
      ),
  }
}

export interface TrialNotes {
  /** Its stopping rules have held; the trial reconciler ends it for that. */
  stoppedEarly(trial: Trial): Promise<Trial>
}

export function trialNotes(client: WritingClient, clock: Clock): TrialNotes {
  return {
    stoppedEarly: trial =>
      client.patch<Trial>(refOf(trial), {
        metadata: { annotations: { [EARLY_STOPPED_ANNOTATION]: rfc3339(clock.now()) } },
      }),
  }
}

const experimentRef = (name: ExperimentName) => ({ apiVersion: API_VERSION, kind: 'Experiment', ...name })

async function preconditioned<T>(resourceVersion: string | undefined, write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (cause) {
    if (resourceVersion === undefined || !(cause instanceof ApiError) || cause.code !== 409) throw cause
    throw new ApiError(412, 'PreconditionFailed', cause.message, { cause })
  }
}

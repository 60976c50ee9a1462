/** The pod webhook: pods of trials whose kind makes its pods by itself get what rendered pods have from the beginning. */
import { API_VERSION, EXPERIMENT_LABEL, type Experiment } from '#api'
import { injectPod, type PodEquipment } from '#controller'
import type { Policy } from '#server'
import { cachedObject } from './cached-object.ts'
import { type OwnersOptions, trialOfPod } from './trial-of-pod.ts'

export interface PodPolicyOptions extends OwnersOptions {
  /** Absent: whoever runs the pods brings the collector. */
  equipment?(): Promise<PodEquipment>
}

/** Changes pods of trials that have their primary container; every other one passes as it is. Refuses nothing. */
export function podPolicy(options: PodPolicyOptions): Policy {
  const { informers, clock } = options
  return async ({ operation, object }) => {
    if (operation !== 'CREATE') return {}
    const trial = await trialOfPod(object, options)
    if (!trial) return {}
    const { namespace, labels } = trial.metadata
    const name = labels?.[EXPERIMENT_LABEL] ?? ''
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const experiment = await cachedObject(experiments, { namespace, name }, clock)
    const surroundings = { algorithm: experiment?.spec.algorithm, equipment: await options.equipment?.() }
    return { object: injectPod(object, trial, surroundings) }
  }
}

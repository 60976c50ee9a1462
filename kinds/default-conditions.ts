/** Success and failure conditions and primary pod labels that Katib gives the kinds it knows, by kind name alone. */
import type { Kind } from './kind.ts'

export type KindDefaults = Pick<Kind, 'successCondition' | 'failureCondition' | 'primaryPodLabels'>

/** What the defaulting writes for a template of this kind; empty conditions where the kind is unknown. */
export function defaultsOf(kind: string): KindDefaults {
  return Object.hasOwn(known, kind) ? known[kind] : { successCondition: '', failureCondition: '' }
}

const isTrue = (type: string) => `status.conditions.#(type=="${type}")#|#(status=="True")#`

const trainingJob: KindDefaults = {
  successCondition: isTrue('Succeeded'),
  failureCondition: isTrue('Failed'),
  primaryPodLabels: { 'training.kubeflow.org/job-role': 'master' },
}

const known: Readonly<Record<string, KindDefaults>> = {
  Job: { successCondition: isTrue('Complete'), failureCondition: isTrue('Failed') },
  TFJob: trainingJob,
  PyTorchJob: trainingJob,
  XGBoostJob: trainingJob,
  MPIJob: trainingJob,
  TrainJob: {
    successCondition: isTrue('Complete'),
    failureCondition: isTrue('Failed'),
    primaryPodLabels: {
      'jobset.sigs.k8s.io/replicatedjob-name': 'node',
      'batch.kubernetes.io/job-completion-index': '0',
    },
  },
}

/** A Trial from an assignment. */
import {
  API_VERSION,
  BECAUSE_ANNOTATION,
  controllerReference,
  EXPERIMENT_LABEL,
  type Experiment,
  INDEX_LABEL,
  type Resource,
  TRIAL_FINALIZER,
  type TrialAssignment,
} from '#api'
import { render } from './render.ts'

/** Throws Error with one sentence when the template cannot be rendered. */
export function newTrial(
  experiment: Experiment,
  assignment: TrialAssignment,
  configMapText: string | undefined,
): Resource {
  const { metadata, spec } = experiment
  const template = spec.trialTemplate ?? {}
  const namespace = metadata.namespace ?? 'default'
  const assignments = assignment.parameterAssignments ?? []
  const labels = { ...assignment.labels, [INDEX_LABEL]: String(assignment.index) }
  return {
    apiVersion: API_VERSION,
    kind: 'Trial',
    metadata: {
      name: assignment.name,
      namespace,
      labels: { ...metadata.labels, ...labels, [EXPERIMENT_LABEL]: metadata.name },
      ...(assignment.because === undefined ? {} : { annotations: { [BECAUSE_ANNOTATION]: assignment.because } }),
      finalizers: [TRIAL_FINALIZER],
      ownerReferences: [controllerReference(experiment)],
    },
    spec: {
      objective: spec.objective,
      parameterAssignments: assignments,
      ...(spec.earlyStopping && assignment.earlyStoppingRules
        ? { earlyStoppingRules: assignment.earlyStoppingRules }
        : {}),
      runSpec: render(template, { name: assignment.name, namespace }, assignments, configMapText),
      ...(template.retain ? { retainRun: true } : {}),
      metricsCollector: spec.metricsCollectorSpec,
      ...(template.primaryPodLabels ? { primaryPodLabels: template.primaryPodLabels } : {}),
      primaryContainerName: template.primaryContainerName,
      successCondition: template.successCondition,
      failureCondition: template.failureCondition,
      labels,
    },
  }
}

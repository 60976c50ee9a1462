/** What a trial's program may read about itself. */
import { EXPERIMENT_LABEL, TRIAL_LABEL, type Trial } from '#api'

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: object
}

/**
 * `KATIB_TRIAL_NAME`, `QALAM_TRIAL_NAME`, `QALAM_EXPERIMENT`, `QALAM_PARAMETERS` (one JSON object; text that is a number
 * stands as a number) and `QALAM_PARAM_<NAME>`. A variable that the user has set is not set again.
 */
export function trialEnvironment(trial: Trial, own: readonly { readonly name: string }[]): readonly Variable[] {
  const assignments = trial.spec.parameterAssignments ?? []
  const experiment = trial.metadata.labels?.[EXPERIMENT_LABEL]
  const typed = Object.fromEntries(assignments.map(({ name, value }) => [name, typedValue(value)]))
  const variables: readonly Variable[] = [
    { name: 'QALAM_TRIAL_NAME', value: trial.metadata.name },
    ...(experiment === undefined ? [] : [{ name: 'QALAM_EXPERIMENT', value: experiment }]),
    { name: 'QALAM_PARAMETERS', value: literal(JSON.stringify(typed)) },
    ...assignments.map(({ name, value }) => ({ name: `QALAM_PARAM_${variableName(name)}`, value: literal(value) })),
  ]
  const trialName = {
    name: 'KATIB_TRIAL_NAME',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${TRIAL_LABEL}']` } },
  }
  return [trialName, ...variables].filter(variable => !own.some(({ name }) => name === variable.name))
}

function typedValue(text: string): unknown {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? JSON.rawJSON(text) : text
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')
}

/** Kubernetes expands `$(NAME)` in values and turns `$$` into `$`. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$')
}

/** What may change in an Experiment that exists. */
import { type Experiment, type ExperimentSpec, isTrue, type SpecProblem } from '#api'
import { forbidden, invalid } from './problem.ts'
import { meansTheSame } from './same-spec.ts'

/** How much is tried; raising it starts a finished Experiment again. */
const budgets = ['parallelTrialCount', 'maxTrialCount', 'maxFailedTrialCount'] as const
/** How it is run: free to change at any time, and without effect once it has ended. */
const controls = ['suspend', 'runningTrialsPolicy', 'trialDeadlines'] as const

export function hasSameSpec(experiment: Experiment, old: Experiment): boolean {
  return meansTheSame(experiment.spec, old.spec)
}

/** Both are defaulted. Budgets of a running Experiment may go up and down; what has run stays. */
export function validateUpdate(experiment: Experiment, old: Experiment): readonly SpecProblem[] {
  const problems: SpecProblem[] = []
  const rest = without(experiment.spec, budgets)
  if (!meansTheSame(without(experiment.spec, controls), without(old.spec, controls)) && isCompleted(old)) {
    problems.push(...validateRestart(experiment, old))
  }
  if (!meansTheSame(without(rest, controls), without(old.spec, [...budgets, ...controls]))) {
    const editable = [...budgets, ...controls].join(', ')
    const changed = changedFields(experiment.spec, old.spec).join(', ')
    const advice = 'create an experiment under another name'
    problems.push(forbidden('spec', `expected changes of ${editable} only, got a change of ${changed}; ${advice}`))
  }
  return problems
}

/** A finished Experiment goes on only if its budget ended it and its policy keeps the search alive. */
function validateRestart(experiment: Experiment, old: Experiment): readonly SpecProblem[] {
  if (!isRestartable(old)) {
    const advice =
      'an experiment goes on only with resumePolicy LongRunning or FromVolume and after its maxTrialCount was reached; create another'
    return [invalid('spec.resumePolicy', `expected no change of a finished experiment, got one; ${advice}`)]
  }
  const { maxTrialCount } = experiment.spec
  const made = old.status?.trials ?? 0
  if (maxTrialCount === undefined || maxTrialCount > made) return []
  return [
    invalid(
      'spec.maxTrialCount',
      `expected more than status.trials (${made}), got ${maxTrialCount}; raise it to go on`,
    ),
  ]
}

export function isCompleted(experiment: Experiment): boolean {
  const conditions = experiment.status?.conditions
  return isTrue(conditions, 'Succeeded') || isTrue(conditions, 'Failed')
}

/** Katib's rule: ended by its budget, and its policy is not Never. */
export function isRestartable(experiment: Experiment): boolean {
  const succeeded = experiment.status?.conditions?.find(({ type, status }) => type === 'Succeeded' && status === 'True')
  const { resumePolicy } = experiment.spec
  return (
    succeeded?.reason === 'ExperimentMaxTrialsReached' &&
    (resumePolicy === 'LongRunning' || resumePolicy === 'FromVolume')
  )
}

function changedFields(next: ExperimentSpec, old: ExperimentSpec): readonly string[] {
  const frozen = new Set([...Object.keys(next), ...Object.keys(old)])
  for (const field of [...budgets, ...controls]) frozen.delete(field)
  return [...frozen].filter(field => !meansTheSame({ [field]: next[field] }, { [field]: old[field] }))
}

function without(spec: ExperimentSpec, fields: readonly string[]): ExperimentSpec {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !fields.includes(field))) as ExperimentSpec
}

/** Every mistake of an Experiment, found at once. */
import type { Experiment, SpecProblem } from '#api'
import type { ValidationContext } from './knowledge.ts'
import { validateAdditions } from './validate-additions.ts'
import { validateAlgorithm } from './validate-algorithm.ts'
import { validateBudgets } from './validate-budgets.ts'
import { validateCollector } from './validate-collector.ts'
import { validateCommand } from './validate-command.ts'
import { validateName } from './validate-name.ts'
import { validateObjective } from './validate-objective.ts'
import { validateParameters } from './validate-parameters.ts'
import { validateTemplate } from './validate-template.ts'
import { hasSameSpec, validateUpdate } from './validate-update.ts'

/**
 * Problems of a defaulted Experiment, in the order of Katib's checks; empty: it is admitted. Pure. On an update that
 * leaves the spec as it is nothing is checked, so that labels, annotations and finalizers can always be changed.
 */
export function validateExperiment(experiment: Experiment, context: ValidationContext): readonly SpecProblem[] {
  if (context.old && hasSameSpec(experiment, context.old)) return []
  const problems = [
    ...validateName(experiment),
    ...validateBudgets(experiment.spec),
    ...(context.old ? validateUpdate(experiment, context.old) : []),
    ...validateObjective(experiment.spec),
    ...validateAlgorithm(experiment.spec, context),
    ...validateTemplate(experiment, context.template, context),
    ...validateParameters(experiment.spec),
    ...validateCollector(experiment.spec, context.collectors),
    ...(context.readsLogs === false ? validateCommand(experiment, context.template) : []),
    ...validateAdditions(experiment.spec),
  ]
  const hasSearch = !problems.some(({ path }) => /^spec(\.(parameters|algorithm|earlyStopping|nasConfig)|$)/.test(path))
  return hasSearch ? [...problems, ...context.algorithmProblems(experiment)] : problems
}

/** Why no trial is under way: the template, the algorithm, or the next write of a controller. */
import type { Condition, Trial } from '#api'
import type { Why } from './answer.ts'
import { counted, said, type Warning, type WhyWorld } from './world.ts'

export function beforeTrials(world: WhyWorld): Why {
  const { experiment, suggestion, warnings, trials } = world
  const blocked = blockedBy(world)
  if (blocked) return blocked
  if (!suggestion) return { state: 'Starting', sentence: 'it was just made', next: 'wait for a moment' }
  const algorithm = experiment.spec.algorithm?.algorithmName ?? 'the algorithm'
  const refusal = problem(suggestion.status?.conditions) ?? warnings.get(suggestion.metadata.uid ?? '')
  if (refusal)
    return {
      state: 'AlgorithmRefuses',
      sentence: `${algorithm} gives no assignments: ${refusal.message}`,
      next: MEND_SEARCH,
    }
  const waiting = suggestion.status?.suggestions?.length ?? 0
  if (waiting > 0) {
    const sentence = `${counted(waiting, 'assignment')} wait to become trials`
    return { state: 'CreatingTrials', sentence, next: 'wait for a moment' }
  }
  if (suggestion.status?.searchEnded || trials.length >= (experiment.spec.maxTrialCount ?? Number.POSITIVE_INFINITY))
    return {
      state: 'Concluding',
      sentence: 'all trials have ended and the verdict comes next',
      next: 'wait for a moment',
    }
  const sentence = `${algorithm} computes the next assignments`
  return { state: 'AlgorithmComputing', sentence, next: 'wait; a cheaper algorithm such as sobol answers at once' }
}

/** What the controller says is in the way of the next trial, in a condition or as the latest event. */
function blockedBy({ experiment, warnings, trials }: WhyWorld): Why | undefined {
  const { name, uid = '' } = experiment.metadata
  const found = problem(experiment.status?.conditions) ?? unanswered(warnings.get(uid), trials)
  if (found === undefined) return undefined
  const { reason, message } = found
  const sentence = `no trial can be made: ${message}`
  if (/NameTaken/.test(reason)) return { state: 'NameTaken', sentence, next: 'delete or rename that object' }
  if (/ConfigMap/.test(`${reason} ${message}`))
    return { state: 'ConfigMapMissing', sentence, next: 'create or mend the ConfigMap' }
  if (/Algorithm|Suggestion|Ask/.test(reason)) return { state: 'AlgorithmRefuses', sentence, next: MEND_SEARCH }
  const next = `mend the trial template, and create the experiment again: \`qalam delete ${name}\` first`
  if (/Template/.test(reason)) return { state: 'TemplateProblem', sentence, next }
  return undefined
}

const MEND_SEARCH = 'mend the settings or the search space; it is asked again by itself'

/** What was said before the youngest trial was made is no longer in the way. */
function unanswered(warning: Warning | undefined, trials: readonly Trial[]): Warning | undefined {
  const isOld = trials.some(({ metadata }) => (metadata.creationTimestamp ?? '') >= (warning?.time || '9999'))
  return isOld ? undefined : warning
}

/** A condition with other words than those of an object that is well. */
function problem(conditions: readonly Condition[] = []): { reason: string; message: string } | undefined {
  const found = conditions.find(
    ({ type, status, reason = '' }) =>
      status === 'True' && type !== 'Suspended' && type !== 'Succeeded' && reason !== '' && !WELL.has(reason),
  )
  return found && { reason: found.reason || found.type, message: said(found) }
}

const WELL = new Set([
  'ExperimentCreated',
  'ExperimentRunning',
  'ExperimentRestarting',
  'SuggestionCreated',
  'SuggestionRunning',
  'DeploymentReady',
])

/** Why no trial is under way: the template, the algorithm, or the next write of a controller. */
import type { Condition, Trial } from '#api'
import type { Why } from './answer.ts'
import { counted, said, type Warning, type WhyWorld } from './world.ts'

export function beforeTrials({ experiment, suggestion, warnings, trials }: WhyWorld): Why {
  const { name, uid = '' } = experiment.metadata
  const blocked = problem(experiment.status?.conditions) ?? unanswered(warnings.get(uid), trials)
  const isTemplate = blocked !== undefined && /Template|ConfigMap/.test(`${blocked.reason} ${blocked.message}`)
  if (blocked && /NameTaken/.test(blocked.reason ?? ''))
    return { state: 'NameTaken', sentence: `a name is taken: ${blocked.message}`, next: 'delete or rename that object' }
  if (blocked && isTemplate && /ConfigMap/.test(blocked.message ?? ''))
    return {
      state: 'ConfigMapMissing',
      sentence: `no trial can be made: ${blocked.message}`,
      next: 'create or mend it',
    }
  if (blocked && isTemplate) {
    const next = `mend the trial template, and create the experiment again: \`qalam delete ${name}\` first`
    return { state: 'TemplateProblem', sentence: `no trial can be made: ${blocked.message}`, next }
  }
  if (!suggestion) return { state: 'Starting', sentence: 'it was just made', next: 'wait for a moment' }
  const algorithm = experiment.spec.algorithm?.algorithmName ?? 'the algorithm'
  const refusal = problem(suggestion.status?.conditions) ?? warnings.get(suggestion.metadata.uid ?? '')
  if (refusal)
    return {
      state: 'AlgorithmRefuses',
      sentence: `${algorithm} gives no assignments: ${refusal.message}`,
      next: 'mend the settings or the search space; it is asked again by itself',
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

/** What was said before the youngest trial was made is no longer in the way. */
function unanswered(warning: Warning | undefined, trials: readonly Trial[]): Warning | undefined {
  const isOld = trials.some(({ metadata }) => (metadata.creationTimestamp ?? '') >= (warning?.time || '9999'))
  return isOld ? undefined : warning
}

/** A condition that says what is in the way: one that should hold and does not, or a failure. */
function problem(conditions: readonly Condition[] = []): { reason: string; message: string } | undefined {
  const found = conditions.find(
    ({ type, status, reason = '' }) =>
      (type === 'Failed' && status === 'True') ||
      (type === 'Running' && BLOCKED.test(reason)) ||
      (!KATIB.has(type) && type !== 'Suspended' && status === 'True' && BLOCKED.test(reason)),
  )
  return found && { reason: found.reason ?? found.type, message: said(found) }
}

const KATIB = new Set(['Created', 'Running', 'Restarting', 'Succeeded', 'Failed', 'DeploymentReady'])
const BLOCKED = /NameTaken|Template|ConfigMap|Algorithm|Suggestion(Failed|Waits|Refused)|Ask/

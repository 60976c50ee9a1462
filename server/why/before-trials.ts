/** Why no trial is under way: the template, the algorithm, or the next write of a controller. */
import type { Condition, Trial } from '#api'
import type { Why } from './answer.ts'
import { counted, said, type Warning, type WhyWorld } from './world.ts'

export function beforeTrials(world: WhyWorld): Why {
  const { experiment, suggestion, trials } = world
  const blocked = blockedBy(world)
  if (blocked) return blocked
  if (!suggestion) return { state: 'Starting', sentence: 'it was just made', next: 'wait for a moment' }
  const algorithm = experiment.spec.algorithm?.algorithmName ?? 'the algorithm'
  const refusal = refusalOf(world)
  if (refusal)
    return {
      state: 'AlgorithmRefuses',
      sentence: `${algorithm} gives no assignments: ${refusal.message}`,
      next: MEND_SEARCH,
    }
  const isStarting = ({ reason, status }: Condition) => reason === 'DeploymentNotReady' && status === 'False'
  if (suggestion.status?.conditions?.some(isStarting)) {
    const { namespace, name } = experiment.metadata
    return {
      state: 'AlgorithmStarting',
      sentence: `the service of ${algorithm} is not ready`,
      next: `look at its Deployment: \`kubectl -n ${namespace} describe deployment ${name}-${algorithm}\``,
    }
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

/** What the controller says is in the way of the next trial, in its condition Degraded or as the latest event. */
function blockedBy({ experiment, warnings, trials }: WhyWorld): Why | undefined {
  const { name, uid = '' } = experiment.metadata
  const found = degraded(experiment.status?.conditions) ?? unanswered(warnings.get(uid), trials)
  if (found === undefined) return undefined
  const sentence = `no trial can be made: ${found.message}`
  if (found.reason === 'NameTaken') return { state: 'NameTaken', sentence, next: 'delete or rename that object' }
  if (found.reason === 'TrialKind')
    return { state: 'TrialKind', sentence, next: 'ask for the kind or the right, or create the experiment again' }
  if (found.reason !== 'TrialTemplate') return undefined
  if (found.message.includes('ConfigMap'))
    return { state: 'ConfigMapMissing', sentence, next: 'create or mend the ConfigMap; it goes on by itself' }
  const next = `mend the trial template, and create the experiment again: \`qalam delete ${name}\` first`
  return { state: 'TemplateProblem', sentence, next }
}

/** The algorithm did not answer. Where quasi-random points stand in for its own, nothing is in the way. */
function refusalOf({ suggestion, warnings }: WhyWorld): { readonly message: string } | undefined {
  const { status, metadata } = suggestion ?? {}
  const failed = status?.conditions?.find(condition => condition.type === 'Failed' && condition.status === 'True')
  if (failed) return { message: said(failed) }
  const found = degraded(status?.conditions) ?? warnings.get(metadata?.uid ?? '')
  return found?.reason === 'QuasiRandom' ? undefined : found
}

const MEND_SEARCH = 'mend the settings or the search space; it is asked again by itself'

/** What was said before the youngest trial was made is no longer in the way. */
function unanswered(warning: Warning | undefined, trials: readonly Trial[]): Warning | undefined {
  const isOld = trials.some(({ metadata }) => (metadata.creationTimestamp ?? '') >= (warning?.time || '9999'))
  return isOld ? undefined : warning
}

/** The controllers' condition for what keeps an object from going on. */
function degraded(conditions: readonly Condition[] = []): { reason: string; message: string } | undefined {
  const found = conditions.find(({ type, status }) => type === 'Degraded' && status === 'True')
  return found && { reason: found.reason ?? '', message: said(found) }
}

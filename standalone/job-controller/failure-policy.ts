/** What a failed pod means for its Job: the rules of `podFailurePolicy`, and disruptions. */
import type { Pod } from '../kubelet/pod-types.ts'
import type { FailureRule, Job } from './job-types.ts'

export type Verdict =
  | { readonly is: 'charged' | 'ignored' | 'disrupted' }
  | { readonly is: 'fatal'; readonly message: string }

/** The first rule that matches decides; a pod that no rule names is charged, or was lost without a fault of its own. */
export function verdictOf(job: Job, pod: Pod): Verdict {
  const rules = job.spec.podFailurePolicy?.rules ?? []
  const index = rules.findIndex(rule => matches(rule, pod))
  const action = rules[index]?.action
  if (action === 'Ignore') return { is: 'ignored' }
  if (action === 'FailJob')
    return { is: 'fatal', message: `pod ${pod.metadata.name} matches the FailJob rule at index ${index}` }
  if (action !== undefined) return { is: 'charged' }
  return { is: hasCondition(pod, 'DisruptionTarget', 'True') ? 'disrupted' : 'charged' }
}

function matches(rule: FailureRule, pod: Pod): boolean {
  const { onExitCodes, onPodConditions } = rule
  if (onPodConditions) return onPodConditions.some(({ type, status = 'True' }) => hasCondition(pod, type, status))
  if (!onExitCodes) return false
  const { containerName, operator, values } = onExitCodes
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  return statuses
    .filter(({ name }) => containerName === undefined || containerName === name)
    .map(({ state }) => state.terminated?.exitCode ?? 0)
    .some(code => code !== 0 && values.includes(code) === (operator === 'In'))
}

function hasCondition(pod: Pod, type: string, status: string): boolean {
  return pod.status?.conditions?.some(condition => condition.type === type && condition.status === status) ?? false
}

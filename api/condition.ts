/** Conditions as Katib keeps them: an ordered list whose last element tells the state. */
import { z } from 'zod'
import type { ConditionReason, QuotingReason } from './condition-reason.ts'

export const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastUpdateTime: z.string().nullish(),
  lastTransitionTime: z.string().nullish(),
})
export type Condition = z.output<typeof Condition>

/** `type` holds: an entry of that type has status True. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false
}

/**
 * The list with `type` set. Same status and same reason: the very same list comes back, whatever the message.
 * Otherwise the entry moves to the end; its transition time is kept when only the reason changed (katib-compatibility 2.1).
 */
export function setCondition(
  conditions: readonly Condition[],
  next: { type: string; status: 'True' | 'False'; reason: QuotingReason; message: string },
  now: Date,
): readonly Condition[] {
  return replaced(conditions, next, now)
}

/** `type` turns False with the words that it has; with `otherwise` where it has none. */
export function turnFalse(
  conditions: readonly Condition[],
  type: string,
  otherwise: { readonly reason: ConditionReason; readonly message: string },
  now: Date,
): readonly Condition[] {
  const { reason = otherwise.reason, message = otherwise.message } = conditions.find(each => each.type === type) ?? {}
  return replaced(conditions, { type, status: 'False', reason, message }, now)
}

function replaced(
  conditions: readonly Condition[],
  next: Condition & { readonly reason: string },
  now: Date,
): readonly Condition[] {
  const old = conditions.find(condition => condition.type === next.type)
  if (old?.status === next.status && old.reason === next.reason) return conditions
  const time = rfc3339(now)
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : time
  const rest = conditions.filter(condition => condition.type !== next.type)
  return [...rest, { ...next, lastUpdateTime: time, lastTransitionTime }]
}

/** UTC with second precision, as Kubernetes writes times. */
export function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

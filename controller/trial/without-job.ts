/**
 * A Trial whose job cannot be made: somebody else's object has its name, or it may not be of that kind. It waits, says why, and
 * tries again.
 */
import { type Resource, setCondition, type Trial } from '#api'
import type { Plan } from '../reconciler.ts'
import { takenSentence } from '../trouble.ts'
import type { TrialWorld } from './world.ts'

/** Objects that are not ours are not watched, and a right that is given tells nobody here. */
const TRY_AGAIN_MS = 10_000

type Reason = 'NameTaken' | 'TrialKind'
const REASONS: readonly (string | undefined)[] = ['NameTaken', 'TrialKind'] satisfies Reason[]

export function nameTaken({ self }: TrialWorld, holder: Resource, now: Date): Plan<Trial> {
  return withoutJob(self, 'NameTaken', takenSentence(holder), now)
}

export function kindRefused({ self }: TrialWorld, refusal: string, now: Date): Plan<Trial> {
  return withoutJob(self, 'TrialKind', refusal, now)
}

function withoutJob(self: Trial, reason: Reason, message: string, now: Date): Plan<Trial> {
  const again = { requeueAfterMs: TRY_AGAIN_MS }
  if (joblessBecause(self) === message) return again
  const created = { type: 'Created', status: 'True', reason: 'TrialCreated', message: 'Trial is created' } as const
  const known = setCondition(self.status?.conditions ?? [], created, now).filter(each => !REASONS.includes(each.reason))
  const conditions = [...setCondition(known, { type: 'Running', status: 'False', reason, message }, now)]
  return {
    ...again,
    status: { ...self.status, conditions, phase: 'Pending' },
    events: [{ type: 'Warning', reason, message }],
  }
}

export function joblessBecause({ status }: Trial): string | undefined {
  return status?.conditions?.find(({ type, reason }) => type === 'Running' && REASONS.includes(reason))?.message
}

export const isNameTaken = ({ status }: Trial) =>
  status?.conditions?.some(({ type, reason }) => type === 'Running' && reason === 'NameTaken') ?? false

/** A Trial whose job cannot be made, since somebody else's object has its name: it waits, says whose, and tries again. */
import { type Resource, setCondition, type Trial } from '#api'
import type { Plan } from '../reconciler.ts'
import { takenSentence } from '../trouble.ts'
import type { TrialWorld } from './world.ts'

/** Objects that are not ours are not watched. */
const TRY_AGAIN_MS = 10_000

const REASON = 'NameTaken'

export function nameTaken({ self }: TrialWorld, holder: Resource, now: Date): Plan<Trial> {
  const message = takenSentence(holder)
  const again = { requeueAfterMs: TRY_AGAIN_MS }
  if (takenBecause(self) === message) return again
  const created = { type: 'Created', status: 'True', reason: 'TrialCreated', message: 'Trial is created' } as const
  const known = setCondition(self.status?.conditions ?? [], created, now).filter(({ reason }) => reason !== REASON)
  const conditions = [...setCondition(known, { type: 'Running', status: 'False', reason: REASON, message }, now)]
  return {
    ...again,
    status: { ...self.status, conditions, phase: 'Pending' },
    events: [{ type: 'Warning', reason: REASON, message }],
  }
}

export function takenBecause({ status }: Trial): string | undefined {
  return status?.conditions?.find(({ type, reason }) => type === 'Running' && reason === REASON)?.message
}

export const isNameTaken = (trial: Trial) => takenBecause(trial) !== undefined

/** What the copy of a parent's checkpoint came to, in its own words, kept on the Trial. */
import { PARENT_TRIAL_LABEL, type Resource, type Trial } from '#api'
import { CHECKPOINT_CONTAINER } from '../admission/inject-checkpoint.ts'
import type { Plan } from '../reconciler.ts'
import { isTerminal } from '../trial-state.ts'
import type { TrialWorld } from './world.ts'

/** Its pods are worth a look: it starts from a parent, and does not say yet how that went. */
export function asksForCheckpoint(trial: Trial): boolean {
  return (
    trial.metadata.labels?.[PARENT_TRIAL_LABEL] !== undefined &&
    trial.status?.checkpoint === undefined &&
    !isTerminal(trial)
  )
}

/** The sentence of the first pod whose copy has ended. */
export function checkpointSentence(pods: readonly Resource[]): string | undefined {
  for (const { status } of pods) {
    const { initContainerStatuses = [] } = (status ?? {}) as PodStatus
    const copy = initContainerStatuses.find(({ name }) => name === CHECKPOINT_CONTAINER)
    const message = copy?.state?.terminated?.message?.trim()
    if (message) return message
  }
  return undefined
}

interface PodStatus {
  readonly initContainerStatuses?: readonly {
    readonly name: string
    readonly state?: { readonly terminated?: { readonly message?: string } }
  }[]
}

/** Said once: in the status that is written anyway or in one of its own, with an event. */
export function withCheckpoint({ self, checkpoint }: TrialWorld, plan: Plan<Trial>): Plan<Trial> {
  if (checkpoint === undefined || self.status?.checkpoint !== undefined) return plan
  const isCopied = checkpoint.startsWith('starts from')
  const event = {
    type: isCopied ? 'Normal' : 'Warning',
    reason: isCopied ? 'CheckpointCopied' : 'CheckpointMissing',
    message: `${self.metadata.name} ${checkpoint}`,
  } as const
  return { ...plan, status: { ...(plan.status ?? self.status), checkpoint }, events: [...(plan.events ?? []), event] }
}

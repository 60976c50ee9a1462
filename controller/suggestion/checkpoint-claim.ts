/**
 * What the trials' checkpoints are kept on: one claim a search, of Katib's name, gone with its Suggestion. It is made before the
 * first assignment is handed out. One that somebody made before, and that no object owns, is used as it is, as in Katib.
 */
import { ApiError, controllerOf, controllerReference, type Resource } from '#api'
import { checkpointClaim, checkpointDirectory } from '../admission/inject-checkpoint.ts'
import { takenSentence, troubleIn } from '../trouble.ts'
import type { SuggestionWorld } from './world.ts'

/** None once the Suggestion says of itself what it is, unless it says that the claim is missing. */
export function claimToMake({ self: suggestion, claimSpec, claim: met }: SuggestionWorld): readonly Resource[] {
  const { metadata, spec, status } = suggestion
  if (!spec.algorithm || checkpointDirectory(spec.algorithm) === undefined || met !== undefined) return []
  if (status?.conditions && troubleIn(status.conditions)?.reason !== 'CheckpointClaim') return []
  const claim = {
    apiVersion: 'v1',
    kind: CLAIM,
    metadata: {
      name: checkpointClaim(metadata.name, spec.algorithm),
      namespace: metadata.namespace,
      ownerReferences: [controllerReference(suggestion)],
    },
    spec: claimSpec ?? { accessModes: ['ReadWriteMany'], resources: { requests: { storage: CLAIM_SIZE } } },
  }
  return [claim]
}

const CLAIM = 'PersistentVolumeClaim'
/** Katib's for pbt. */
const CLAIM_SIZE = '5Gi'

export const isRefused = ({ claim }: Pick<SuggestionWorld, 'claim'>): boolean => typeof claim === 'object'

/** Of the object that has the name of one that was to be made. */
export function claimHeldBy(holder: Resource | undefined): SuggestionWorld['claim'] {
  if (holder?.kind !== CLAIM) return undefined
  return controllerOf(holder) ? { problem: `checkpoints have no volume: ${takenSentence(holder)}` } : 'given'
}

/** Of what the API server said when all was to be made; undefined: it said nothing of a claim. */
export function claimRefusedBy(world: SuggestionWorld, error: unknown): SuggestionWorld['claim'] {
  const isOfClaim = error instanceof ApiError && REFUSALS.has(error.code) && claimToMake(world).length > 0
  return isOfClaim ? { problem: `checkpoints have no volume: ${error.message}` } : undefined
}

/** A quota, a right that is missing, a spec that an administrator got wrong. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 413, 422])

/** What trials of a cluster may be: kinds of the operator's list that live in namespaces, and that their creators may create. */
import { kindRefusal, type TrialGuard, type TrialKind } from '#controller'
import type { Creators } from './creators.ts'
import type { KindPlaces } from './kind-places.ts'

export interface TrialGuardOptions {
  /** As the list is now. */
  allowedKinds(): readonly TrialKind[]
  readonly places: KindPlaces
  /** Absent: everybody may have whatever is on the list. */
  readonly creators?: Creators
}

export function trialGuard({ allowedKinds, places, creators }: TrialGuardOptions): TrialGuard {
  return {
    async refusal(experiment, kind) {
      const refused = kindRefusal(kind, allowedKinds())
      if (refused !== undefined) return refused
      if ((await places(kind))?.namespaced === false)
        return `expected a kind whose objects are in namespaces, got ${kind.kind} of ${kind.apiVersion}; choose another`
      return creators?.refusalFor(experiment, kind)
    },
  }
}

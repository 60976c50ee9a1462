/** Who may ask, decided before anything is looked up: one token on one machine, the cluster's identities and rights elsewhere. */
import type { FastifyRequest } from 'fastify'
import type { Right } from '../access/access-reviews.ts'

export interface Doorkeeper {
  /** Throws `Refusal` unless the request may pass. A trial that passes gets `asTrial` set. */
  admit(request: FastifyRequest): Promise<void> | void
}

/** Who asks, where a route looks up itself what it takes. */
export interface Asker {
  readonly username: string
  may(right: Right): Promise<boolean>
}

/** The trial that a request speaks of, as it stands. */
export interface SpokenOf {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
}

/** The pod that speaks, where that is known; its name on a cluster alone. */
export interface SpeakingPod {
  readonly attempt?: number
  readonly podName?: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token: liveness, version, the description of the interface. */
    isOpen?: boolean
    /** The trial in the path may ask too. */
    acceptsTrialToken?: boolean
    /** For the controllers of a cluster alone. */
    isForControllers?: boolean
    /** What it takes stands in the query or the body: the route asks `request.asker`. */
    checksRights?: boolean
  }
  interface FastifyRequest {
    /** The name of somebody whom the cluster knows, whether he may or not; trials and controllers have none here. */
    askedBy?: string
    /** Set for routes that check rights; absent: whoever passed may do everything. */
    asker?: Asker
    /**
     * Set where a trial asks. What it says of itself, which of its pods speaks; throws `Refusal` for any trial but its own.
     */
    asTrial?(trial: SpokenOf): SpeakingPod
  }
}

/** The same for every caller: those that are no trial say nothing of an attempt. */
export function guardTrial(request: Pick<FastifyRequest, 'asTrial'>, trial: SpokenOf): SpeakingPod {
  return request.asTrial?.(trial) ?? {}
}

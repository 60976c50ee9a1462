/**
 * The doorkeeper of a cluster. Who asks is what TokenReview says of the bearer. Controllers ask for observations; a pod of a
 * trial, by a token that is bound to it and made for us, reports for that trial and nothing else; everybody else may do here
 * what he may do to the same objects of the Kubernetes API.
 */
import type { FastifyRequest } from 'fastify'
import type { Clock, ReadingClient } from '#kube'
import type { Doorkeeper } from '../rest/doorkeeper.ts'
import { bearerOf } from '../rest/guard.ts'
import { Refusal } from '../rest/problem.ts'
import type { AccessReviews, Identity } from './access-reviews.ts'
import { admitAs, answered } from './admit-as.ts'
import { Expiring } from './expiring.ts'
import { type TrialPod, trialPodOf } from './trial-pods.ts'

export interface ClusterDoorkeeperOptions {
  readonly reviews: AccessReviews
  /** Reads the pod that a token is bound to. */
  readonly client: ReadingClient
  readonly clock: Clock
  /** User names of controllers: `system:serviceaccount:NAMESPACE:NAME`. */
  readonly controllers: ReadonlySet<string>
}

export function clusterDoorkeeper({ reviews, client, clock, controllers }: ClusterDoorkeeperOptions): Doorkeeper {
  const pods = new Expiring<TrialPod | undefined>(clock, pod => (pod ? POD_MS : NO_POD_MS))
  const podOf = (identity: Identity) => pods.of(JSON.stringify(identity), () => trialPodOf(identity, client))
  return {
    async admit(request) {
      refuseForeignPages(request)
      const { config } = request.routeOptions
      if (config.isOpen) return
      const identity = await known(request, reviews)
      if (config.isForControllers) {
        if (identity.isForStore && controllers.has(identity.username)) return
        throw new Refusal(403, `${identity.username} is no controller; observations are read through experiments`)
      }
      const pod = config.acceptsTrialToken && identity.isForStore ? await answered(podOf(identity)) : undefined
      if (pod) request.asTrial = trial => speakingAs(pod, trial)
      else await admitAs(request, identity, reviews)
    },
  }
}

const POD_MS = 60_000
const NO_POD_MS = 2_000

function refuseForeignPages({ headers }: FastifyRequest): void {
  if (headers.origin !== undefined && headers.origin !== `https://${headers.host}`)
    throw new Refusal(403, 'requests from web pages of another origin are refused')
}

async function known(request: FastifyRequest, reviews: AccessReviews): Promise<Identity> {
  const bearer = bearerOf(request)
  if (bearer === undefined)
    throw new Refusal(401, 'no bearer token', { hint: 'send "Authorization: Bearer $(kubectl create token ACCOUNT)"' })
  const identity = await answered(reviews.authenticate(bearer))
  if (identity) return identity
  throw new Refusal(401, 'the cluster does not know the bearer token, or it is for somebody else')
}

function speakingAs(pod: TrialPod, trial: { name: string; namespace?: string; uid?: string }) {
  if (pod.trialUid === trial.uid && pod.namespace === trial.namespace && pod.trialName === trial.name)
    return { attempt: pod.attempt, podName: pod.podName }
  throw new Refusal(403, `the pod is of trial ${pod.namespace}/${pod.trialName}; it may not speak for ${trial.name}`)
}

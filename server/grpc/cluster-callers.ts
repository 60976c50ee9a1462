/**
 * Who speaks on Katib's wire of a cluster. Katib's clients bring no proof, so a report counts for the trial whose pod is at the
 * address that it comes from; with a token of the pod's, for that pod's. Reading is for whoever the NetworkPolicy lets in: a
 * name that several namespaces have means that of the caller's. Only a controller deletes.
 */
import { isIP } from 'node:net'
import { GROUP, type Resource, type Trial } from '#api'
import type { Clock, ReadingClient } from '#kube'
import type { AccessReviews, Identity } from '../access/access-reviews.ts'
import { Expiring } from '../access/expiring.ts'
import { ofTrial, podsAt, type TrialPod, trialPodOf } from '../access/trial-pods.ts'
import { type Caller, type Callers, onlyNamed, type Purpose, type TrialsByName, trialsNamed } from './caller.ts'
import { Refusal } from './refusal.ts'

export interface ClusterTrust {
  readonly reviews: AccessReviews
  readonly client: ReadingClient
  readonly clock: Clock
  /** User names of controllers. */
  readonly controllers: ReadonlySet<string>
}

/** An address is soon another pod's; the name that a report carries must be that of the pod's trial as well. */
const ADDRESS_MS = 2_000
const POD_MS = 60_000

/** Whoever creates a pod writes its annotations: those that name a trial of another namespace are a lie. */
const isOf = (pod: TrialPod, { metadata }: Trial) =>
  pod.namespace === metadata.namespace && pod.trialName === metadata.name

export class ClusterCallers implements Callers {
  readonly #trials: TrialsByName
  readonly #trust: ClusterTrust
  readonly #byAddress: Expiring<readonly Resource[]>
  readonly #byIdentity: Expiring<TrialPod | undefined>

  constructor(trials: TrialsByName, trust: ClusterTrust) {
    this.#trials = trials
    this.#trust = trust
    this.#byAddress = new Expiring(trust.clock, () => ADDRESS_MS)
    this.#byIdentity = new Expiring(trust.clock, pod => (pod ? POD_MS : ADDRESS_MS))
  }

  async trial(caller: Caller, name: string, purpose: Purpose): Promise<Trial | undefined> {
    if (name === '') throw new Refusal('INVALID_ARGUMENT', 'trial_name is empty')
    if (await this.isOperator(caller)) return onlyNamed(this.#trials, name)
    const pods = await this.#podsOf(caller)
    const own = pods.find(({ namespace, trialName }) => name === trialName || name === `${namespace}/${trialName}`)
    const trial = own && this.#trials.byUid(own.trialUid)
    if (own && (trial === undefined || isOf(own, trial))) return trial
    if (purpose === 'read') return this.#readable(caller, name)
    const spoken = pods.map(({ trialName }) => trialName).join(', ')
    throw new Refusal(
      'PERMISSION_DENIED',
      spoken === ''
        ? `a report of trial "${name}" comes from a pod of that trial; ${caller.address} is none`
        : `the caller is of trial ${spoken}, which may not speak for "${name}"`,
    )
  }

  async attempt(caller: Caller, trialUid: string): Promise<number | undefined> {
    return (await this.#podsOf(caller)).find(pod => pod.trialUid === trialUid)?.attempt
  }

  async isOperator({ token }: Caller): Promise<boolean> {
    const identity = token === undefined ? undefined : await this.#identity(token)
    return identity?.isForStore === true && this.#trust.controllers.has(identity.username)
  }

  async #readable(caller: Caller, name: string): Promise<Trial | undefined> {
    const { token, address = '' } = caller
    if (token === undefined) {
      const namespaces = new Set((await this.#at(address)).map(({ metadata }) => metadata.namespace))
      const near = trialsNamed(this.#trials, name).filter(({ metadata }) => namespaces.has(metadata.namespace))
      return near.length === 1 ? near[0] : onlyNamed(this.#trials, name)
    }
    const trial = onlyNamed(this.#trials, name)
    if (trial === undefined) return undefined
    const { namespace = '', name: own } = trial.metadata
    const identity = await this.#identity(token)
    const right = { verb: 'get', group: GROUP, resource: 'trials', namespace, name: own }
    if (await this.#trust.reviews.allows(identity, right)) return trial
    throw new Refusal('PERMISSION_DENIED', `${identity.username} may not get trials.${GROUP} in namespace ${namespace}`)
  }

  /** The trials that the caller's pods are of: by its token, else by its address. */
  async #podsOf({ token, address = '' }: Caller): Promise<readonly TrialPod[]> {
    if (token === undefined) return (await this.#at(address)).flatMap(pod => ofTrial(pod) ?? [])
    const identity = await this.#identity(token)
    if (!identity.isForStore) return []
    const { client } = this.#trust
    const pod = await this.#byIdentity.of(JSON.stringify(identity), () => trialPodOf(identity, client))
    return pod ? [pod] : []
  }

  #at(address: string): Promise<readonly Resource[]> {
    if (isIP(address) === 0) return Promise.resolve([])
    return this.#byAddress.of(address, () => podsAt(address, this.#trust.client))
  }

  async #identity(token: string): Promise<Identity> {
    const identity = await this.#trust.reviews.authenticate(token)
    if (identity) return identity
    throw new Refusal('UNAUTHENTICATED', 'the cluster does not know the bearer token, or it is for somebody else')
  }
}

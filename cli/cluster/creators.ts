/** Creators of Experiments: signed by the webhook, and asked for when trials are of what not everybody may create. */
import { CREATOR_ANNOTATION, type Experiment, type Resource } from '#api'
import { type Creator, readCreator, signCreator, type TrialKind } from '#controller'
import type { Clock, Transport } from '#kube'
import { Reviews } from '#server'
import type { KindPlaces } from './kind-places.ts'

export interface CreatorsOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly places: KindPlaces
  key(): Promise<string>
}

export class Creators {
  readonly #reviews: Reviews
  readonly #places: KindPlaces
  readonly #key: () => Promise<string>

  constructor({ transport, clock, places, key }: CreatorsOptions) {
    this.#reviews = new Reviews({ transport, clock })
    this.#places = places
    this.#key = key
  }

  /** The object with its creator signed: a new one's is `user`, an old one's who it was, whatever the write says. */
  async sign(object: Resource, old: Resource | undefined, user: Creator): Promise<Resource> {
    const { [CREATOR_ANNOTATION]: _, ...own } = object.metadata.annotations ?? {}
    const signed = old ? old.metadata.annotations?.[CREATOR_ANNOTATION] : signCreator(await this.#key(), object, user)
    const annotations = signed === undefined ? own : { ...own, [CREATOR_ANNOTATION]: signed }
    return { ...object, metadata: { ...object.metadata, annotations } }
  }

  /** Why `user` may not have trials of that kind, in one sentence; undefined: he may create such objects himself. */
  async refusal(user: Creator, kind: TrialKind, namespace = 'default'): Promise<string | undefined> {
    const place = await this.#places(kind)
    if (place === undefined) return undefined
    const [group, resource] = [groupOf(kind), place.plural]
    if (await this.#reviews.allows(user, { verb: 'create', group, resource, namespace })) return undefined
    const what = group === '' ? resource : `${resource}.${group}`
    return `${user.username} may not create ${what} in namespace ${namespace}, so trials may not be such; ask for that right`
  }

  /** The same for whoever made a stored Experiment; where that is not known, all but Jobs are refused. */
  async refusalFor(experiment: Experiment, kind: TrialKind): Promise<string | undefined> {
    const read = readCreator(await this.#key(), experiment)
    if ('creator' in read) return this.refusal(read.creator, kind, experiment.metadata.namespace)
    return isJob(kind) ? undefined : `trials may only be Jobs: ${read.missing}; create it again to have a ${kind.kind}`
  }
}

const groupOf = ({ apiVersion }: TrialKind) => (apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '')
const isJob = ({ apiVersion, kind }: TrialKind) => apiVersion === 'batch/v1' && kind === 'Job'
